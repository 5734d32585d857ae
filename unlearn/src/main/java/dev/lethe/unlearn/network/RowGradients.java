package dev.lethe.unlearn.network;

import dev.lethe.unlearn.linalg.DenseMatrix;
import dev.lethe.unlearn.linalg.Matrices;
import dev.lethe.unlearn.objective.Row;
import java.util.List;

/** What can be said of each row's loss gradient without forming it. Linear and conv2d layers. */
public final class RowGradients {

    private RowGradients() {}

    /** ‖∇ℓᵢ‖ of each row (GraNd; Paul et al. 2021). */
    public static double[] norms(Network network, List<Row> rows) {
        double[] squares = new double[rows.size()];
        CaptureSweep.run(network, rows, CaptureSweep.Of.LOSS, 0, (block, at, layer, capture) -> {
            if (capture.positions() == 1) {
                // ‖g·aᵀ‖² = ‖g‖²·‖a‖²
                double[] a = new double[block.size()];
                double[] g = new double[block.size()];
                Columns.addDots(capture.inputs(), capture.inputs(), 1, a, 0);
                Columns.addDots(capture.gradients(), capture.gradients(), 1, g, 0);
                for (int i = 0; i < a.length; i++) {
                    squares[at + i] += a[i] * g[i];
                }
            } else {
                addSquares(capture, squares, at, block.size());
            }
        });
        for (int i = 0; i < squares.length; i++) {
            squares[i] = Math.sqrt(squares[i]);
        }
        return squares;
    }

    private static void addSquares(Capture capture, double[] squares, int at, int count) {
        int outputs = capture.gradients().rows();
        int inputs = capture.inputs().rows();
        double[] values = new double[outputs * inputs];
        try (DenseMatrix one = DenseMatrix.zeros(outputs, inputs)) {
            for (int i = 0; i < count; i++) {
                int from = i * capture.positions();
                Matrices.timesTransposed(capture.gradients(), capture.inputs(), from, capture.positions(), one);
                one.get(0, values);
                for (double value : values) {
                    squares[at + i] += value * value;
                }
            }
        }
    }

    /** ∇ℓᵢᵀ·v of each row. @param v of θ's length. Not modified. */
    public static double[] dots(Network network, List<Row> rows, double[] v) {
        double[] out = new double[rows.size()];
        CaptureSweep.run(network, rows, CaptureSweep.Of.LOSS, 0, (block, at, layer, capture) -> {
            double[] weights = LayerVector.of(network.architecture(), layer).read(v);
            int columns = capture.inputs().columns();
            try (DenseMatrix part = DenseMatrix.zeros(
                            capture.inputs().rows(), capture.gradients().rows());
                    DenseMatrix moved = DenseMatrix.zeros(capture.gradients().rows(), columns)) {
                part.put(0, weights);
                Matrices.transposedTimes(part, capture.inputs(), moved);
                Columns.addDots(moved, capture.gradients(), capture.positions(), out, at);
            }
        });
        return out;
    }
}
