/**
 * Dense float64 linear algebra on owned off-heap memory.
 *
 * <p>Matrices are column-major; symmetric ones keep the lower triangle only. Memory is freed by {@code close()}, never
 * by waiting for the collector.
 */
package dev.lethe.unlearn.linalg;
