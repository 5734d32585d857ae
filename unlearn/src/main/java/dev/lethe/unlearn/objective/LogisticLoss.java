package dev.lethe.unlearn.objective;

/** log(1 + exp(−y z)), y ∈ {−1, +1}. */
public record LogisticLoss() implements Loss {

    static final LogisticLoss INSTANCE = new LogisticLoss();

    /** √3/18, reached at σ(z) = ½ ± √3/6. */
    private static final double GAMMA = Math.sqrt(3) / 18;

    @Override
    public double value(double[] logits, double[] y) {
        double margin = y[0] * logits[0];
        // exp of a negative number only, so that neither end overflows.
        return margin > 0 ? Math.log1p(Math.exp(-margin)) : Math.log1p(Math.exp(margin)) - margin;
    }

    @Override
    public void residual(double[] logits, double[] y, double[] out) {
        out[0] = -y[0] * sigmoid(-y[0] * logits[0]);
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

    private static double sigmoid(double z) {
        if (z >= 0) {
            return 1 / (1 + Math.exp(-z));
        }
        double e = Math.exp(z);
        return e / (1 + e);
    }
}
