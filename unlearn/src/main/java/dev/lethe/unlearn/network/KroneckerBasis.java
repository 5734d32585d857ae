package dev.lethe.unlearn.network;

import dev.lethe.unlearn.linalg.DenseMatrix;
import dev.lethe.unlearn.linalg.Matrices;
import dev.lethe.unlearn.linalg.SymmetricMatrix;

/**
 * The eigenvectors of one layer's Σ a·aᵀ (Q_A) and Σ g·gᵀ (Q_G). In their product basis a weight gradient g·aᵀ is
 * (Q_Gᵀg)(Q_Aᵀa)ᵀ, and the layer's curvature nearly diagonal.
 */
final class KroneckerBasis implements AutoCloseable {

    private final Matrices.Eigen inputs;
    private final Matrices.Eigen gradients;
    private final DenseMatrix gradientsTransposed;

    KroneckerBasis(Layer layer, KroneckerSums.OfLayer sums) {
        this.inputs = eigen(Capture.inputs(layer), sums.inputs());
        this.gradients = eigen(Capture.outputs(layer), sums.gradients());
        this.gradientsTransposed = transposed(gradients.vectors());
    }

    private static Matrices.Eigen eigen(int size, double[] packed) {
        try (SymmetricMatrix matrix = SymmetricMatrix.fromPacked(size, packed)) {
            return Matrices.eigen(matrix);
        }
    }

    private static DenseMatrix transposed(DenseMatrix square) {
        int n = square.rows();
        double[] values = new double[n * n];
        square.get(0, values);
        double[] turned = new double[n * n];
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
                turned[i * n + j] = values[j * n + i];
            }
        }
        DenseMatrix out = DenseMatrix.zeros(n, n);
        out.put(0, turned);
        return out;
    }

    int inputs() {
        return inputs.values().length;
    }

    int outputs() {
        return gradients.values().length;
    }

    /** K-FAC's eigenvalues for the sum over the rows, outputs × inputs, column-major: λ_G λ_A / (rows·positions). */
    double[] products(KroneckerSums sums, KroneckerSums.OfLayer own) {
        double scale = 1.0 / Math.max(1, sums.rows()) / own.positions();
        double[] out = new double[outputs() * inputs()];
        for (int j = 0; j < inputs(); j++) {
            for (int i = 0; i < outputs(); i++) {
                out[j * outputs() + i] = scale
                        * Math.max(0, inputs.values()[j])
                        * Math.max(0, gradients.values()[i]);
            }
        }
        return out;
    }

    /** The same capture in this basis; to be closed. */
    Capture project(Capture capture) {
        return new Capture(projectInputs(capture), projectGradients(capture), capture.positions());
    }

    /** Q_Aᵀa, column by column; to be closed. */
    DenseMatrix projectInputs(Capture capture) {
        DenseMatrix a = DenseMatrix.zeros(inputs(), capture.inputs().columns());
        Matrices.transposedTimes(inputs.vectors(), capture.inputs(), a);
        return a;
    }

    /** Q_Gᵀg, column by column; to be closed. */
    DenseMatrix projectGradients(Capture capture) {
        DenseMatrix g = DenseMatrix.zeros(outputs(), capture.gradients().columns());
        Matrices.transposedTimes(gradients.vectors(), capture.gradients(), g);
        return g;
    }

    /**
     * V ← Q_G(W ∘ Q_GᵀVQ_A)Q_Aᵀ.
     *
     * @param weights inputs × outputs, column-major: one output's weights after the other's. Modified.
     * @param factors W, outputs × inputs, column-major. Not modified.
     */
    void scale(double[] weights, DenseMatrix factors) {
        try (DenseMatrix v = DenseMatrix.zeros(inputs(), outputs());
                DenseMatrix half = DenseMatrix.zeros(outputs(), inputs());
                DenseMatrix turned = DenseMatrix.zeros(outputs(), inputs())) {
            v.put(0, weights);
            Matrices.transposedTimes(v, inputs.vectors(), half);
            Matrices.transposedTimes(gradients.vectors(), half, turned);
            Matrices.multiply(turned, factors);
            Matrices.timesTransposed(turned, inputs.vectors(), 0, half);
            // (Q_G·half)ᵀ = halfᵀ·Q_Gᵀ
            Matrices.transposedTimes(half, gradientsTransposed, v);
            v.get(0, weights);
        }
    }

    @Override
    public void close() {
        inputs.close();
        gradients.close();
        gradientsTransposed.close();
    }
}
