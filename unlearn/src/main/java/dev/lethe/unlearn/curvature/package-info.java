/** Sums over the training rows, and the cached inverse curvature P with its exact up- and down-dates. */
package dev.lethe.unlearn.curvature;
