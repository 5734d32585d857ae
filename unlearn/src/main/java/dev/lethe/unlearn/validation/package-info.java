/** What parameters do on rows that they were not fitted to, and which rows those are. */
package dev.lethe.unlearn.validation;
