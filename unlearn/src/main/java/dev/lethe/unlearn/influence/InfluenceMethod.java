package dev.lethe.unlearn.influence;

/**
 * One way to V = H⁻¹G, the one hard step of every influence. Not thread-safe.
 *
 * @see InfluenceMethods
 */
public interface InfluenceMethod extends AutoCloseable {

    /** As it is listed and asked for: {@code direct}, {@code cg}, … */
    String name();

    /**
     * V = H⁻¹G, or what stands for it. Where the objective has a flat direction, V is off it.
     *
     * @param gradients G, K·d × count, column-major. Not modified.
     * @param count columns
     * @return K·d × count, new
     */
    double[] solve(double[] gradients, int count);

    @Override
    void close();
}
