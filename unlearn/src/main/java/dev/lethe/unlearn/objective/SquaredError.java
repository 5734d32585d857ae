package dev.lethe.unlearn.objective;

import java.util.Arrays;

/** ½‖z − y‖²; ℓ″ = I, so all outputs share one curvature. */
public record SquaredError() implements Loss {

    static final SquaredError INSTANCE = new SquaredError();

    @Override
    public double value(double[] logits, double[] y) {
        double sum = 0;
        for (int k = 0; k < logits.length; k++) {
            double residual = logits[k] - y[k];
            sum += residual * residual;
        }
        return sum / 2;
    }

    @Override
    public void residual(double[] logits, double[] y, double[] out) {
        for (int k = 0; k < logits.length; k++) {
            out[k] = logits[k] - y[k];
        }
    }

    @Override
    public int rank(int outputs) {
        return outputs;
    }

    @Override
    public void curvatureRoot(double[] logits, double[] root) {
        Arrays.fill(root, 0);
        for (int k = 0; k < logits.length; k++) {
            root[k * logits.length + k] = 1;
        }
    }

    /** ‖z‖ + ‖y‖: a residual of nearly 0 is the difference of two numbers that are not. */
    @Override
    public double magnitude(double[] logits, double[] y, double[] residual) {
        return Vectors.norm(logits) + Vectors.norm(y);
    }

    @Override
    public double curvatureBound() {
        return 1;
    }

    @Override
    public double thirdDerivativeBound() {
        return 0;
    }
}
