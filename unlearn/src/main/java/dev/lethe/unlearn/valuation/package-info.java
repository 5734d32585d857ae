/** What rows are worth: exact leave-one-out, scores of single rows, pruning, and how well any of it predicts a refit. */
package dev.lethe.unlearn.valuation;
