package dev.lethe.unlearn.network;

/**
 * What stands for the inverse of a network's damped curvature. Every implementation is symmetric and positive definite,
 * and refuses what it cannot answer. Not thread-safe.
 */
public interface InverseCurvature extends AutoCloseable {

    /** Length of θ. */
    int size();

    /**
     * out ← P·g.
     *
     * @param g Not modified.
     * @param out Modified.
     * @throws DivergedException if it came to no answer
     */
    void multiply(double[] g, double[] out);

    @Override
    void close();
}
