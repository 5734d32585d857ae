package dev.lethe.unlearn.objective;

/** log(1 + exp(−y z)), y ∈ {−1, +1}. */
public record LogisticLoss() implements Loss {

    static final LogisticLoss INSTANCE = new LogisticLoss();

    /** √3/18, reached at σ(z) = ½ ± √3/6. */
    private static final double GAMMA = Math.sqrt(3) / 18;

    @Override
    public double value(double[] logits, double[] y) {
        double margin = y[0] * logits[0];
        return value(margin, expOfMinus(margin));
    }

    @Override
    public void residual(double[] logits, double[] y, double[] out) {
        out[0] = -y[0] * sigmoid(-y[0] * logits[0]);
    }

    @Override
    public double valueAndResidual(double[] logits, double[] y, double[] out) {
        double margin = y[0] * logits[0];
        double e = expOfMinus(margin);
        out[0] = -y[0] * sigmoid(-margin, e);
        return value(margin, e);
    }

    @Override
    public int rank(int outputs) {
        return 1;
    }

    @Override
    public void curvatureRoot(double[] logits, double[] root) {
        root[0] = Math.sqrt(sigmoid(logits[0]) * sigmoid(-logits[0]));
    }

    @Override
    public double magnitude(double[] logits, double[] y, double[] residual) {
        return Math.abs(residual[0]);
    }

    @Override
    public double curvatureBound() {
        return 0.25;
    }

    @Override
    public double thirdDerivativeBound() {
        return GAMMA;
    }

    /** exp(−|z|): of a negative number only, so that neither end overflows. */
    private static double expOfMinus(double z) {
        return Math.exp(-Math.abs(z));
    }

    private static double value(double margin, double e) {
        return log1p(e) + Math.max(-margin, 0);
    }

    private static double sigmoid(double z) {
        return sigmoid(z, expOfMinus(z));
    }

    /** Without a branch: which way it goes could not be foreseen. */
    private static double sigmoid(double z, double e) {
        return (z >= 0 ? 1 : e) / (1 + e);
    }

    /**
     * log(1 + e) for 0 ≤ e ≤ 1, to a few units in the last place: the logarithm of the rounded sum, put right by what was
     * rounded off. {@link Math#log1p} is not compiled to instructions and takes several times as long.
     */
    private static double log1p(double e) {
        double sum = 1 + e;
        return sum == 1 ? e : Math.log(sum) * (e / (sum - 1));
    }
}
