package dev.lethe.unlearn.network;

/**
 * What a Kronecker factor adds to each layer's eigenvalues: share × their mean + absolute.
 *
 * @param share of the layer's mean eigenvalue
 * @param absolute for the sum over the rows
 */
public record Damping(double share, double absolute) {

    /** A tenth of the mean eigenvalue (Grosse et al. 2023, section 2.2). */
    public static final Damping DEFAULT = new Damping(0.1, 0);

    public Damping {
        if (!(share >= 0 && absolute >= 0 && share + absolute > 0) || Double.isInfinite(share + absolute)) {
            throw new IllegalArgumentException("damping: expected finite numbers of at least 0, one above, got share "
                    + share + " and absolute " + absolute);
        }
    }

    double of(double[] eigenvalues) {
        double sum = 0;
        for (double value : eigenvalues) {
            sum += value;
        }
        return share * sum / eigenvalues.length + absolute;
    }
}
