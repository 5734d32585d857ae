package dev.lethe.unlearn.objective;

import java.util.Arrays;

/** −log softmax(z)_y with all K blocks kept; ℓ″ = diag(p) − ppᵀ has rank K − 1. */
public record SoftmaxLoss() implements Loss {

    static final SoftmaxLoss INSTANCE = new SoftmaxLoss();

    /** √2/(3√3). */
    private static final double GAMMA = Math.sqrt(2) / (3 * Math.sqrt(3));

    @Override
    public double value(double[] logits, double[] y) {
        double top = Arrays.stream(logits).max().orElseThrow();
        double sum = 0;
        for (double z : logits) {
            sum += Math.exp(z - top);
        }
        return Math.log(sum) + top - logits[(int) y[0]];
    }

    @Override
    public void residual(double[] logits, double[] y, double[] out) {
        probabilities(logits, out);
        int label = (int) y[0];
        // p_y − 1 as minus the sum of the others: exact also where p_y rounds to 1.
        double others = 0;
        for (int k = 0; k < out.length; k++) {
            others += k == label ? 0 : out[k];
        }
        out[label] = -others;
    }

    @Override
    public int rank(int outputs) {
        return outputs - 1;
    }

    /**
     * The Cholesky factor of diag(p) − ppᵀ in closed form: with q_k = Σ_{i&gt;k} p_i and q_{−1} = 1,
     * B_kk = √(p_k q_k / q_{k−1}) and B_ik = −p_i √(p_k / (q_{k−1} q_k)) for i &gt; k. Only sums and quotients of
     * non-negative numbers, so a saturated row (p nearly 0 or 1) loses nothing.
     */
    @Override
    public void curvatureRoot(double[] logits, double[] root) {
        int outputs = logits.length;
        double[] p = new double[outputs];
        probabilities(logits, p);
        double[] from = suffixSums(p);
        Arrays.fill(root, 0);
        for (int k = 0; k < outputs - 1; k++) {
            double after = from[k + 1];
            // Nothing left below, or nothing here: the column is 0.
            if (after > 0 && p[k] > 0) {
                double scale = Math.sqrt(p[k] / from[k]);
                root[k * outputs + k] = scale * Math.sqrt(after);
                for (int i = k + 1; i < outputs; i++) {
                    root[k * outputs + i] = -scale * (p[i] / after) * Math.sqrt(after);
                }
            }
        }
    }

    @Override
    public double magnitude(double[] logits, double[] y, double[] residual) {
        return Vectors.norm(residual);
    }

    /** ½: the largest eigenvalue of diag(p) − ppᵀ, reached at p = (½, ½, 0, …). */
    @Override
    public double curvatureBound() {
        return 0.5;
    }

    @Override
    public double thirdDerivativeBound() {
        return GAMMA;
    }

    /** softmax(z). @param logits K. Not modified. @param out K. Modified. */
    public static void probabilities(double[] logits, double[] out) {
        double top = Arrays.stream(logits).max().orElseThrow();
        double sum = 0;
        for (int k = 0; k < logits.length; k++) {
            out[k] = Math.exp(logits[k] - top);
            sum += out[k];
        }
        for (int k = 0; k < logits.length; k++) {
            out[k] /= sum;
        }
    }

    /** from[k] = p_k + … + p_{K−1}, summed from the end. */
    private static double[] suffixSums(double[] p) {
        double[] from = new double[p.length];
        double sum = 0;
        for (int k = p.length - 1; k >= 0; k--) {
            sum += p[k];
            from[k] = sum;
        }
        return from;
    }
}
