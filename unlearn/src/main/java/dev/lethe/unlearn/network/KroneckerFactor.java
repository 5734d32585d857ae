package dev.lethe.unlearn.network;

import dev.lethe.unlearn.linalg.DenseMatrix;
import dev.lethe.unlearn.linalg.Matrices;
import dev.lethe.unlearn.objective.Row;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The inverse of a layer-wise Kronecker approximation of Σ w JᵀH_L J plus damping. K-FAC takes the products of the
 * factors' eigenvalues (Martens and Grosse 2015), EK-FAC the mean squares of the gradients themselves in that basis
 * (George et al. 2018). Covers linear and conv2d layers.
 *
 * <p>It ranks rows well and patches parameters badly: patches are for conjugate gradients, with this as preconditioner.
 */
public final class KroneckerFactor implements InverseCurvature {

    private final Network network;
    private final List<Layer> layers;
    private final int[] indices;
    private final List<KroneckerBasis> bases = new ArrayList<>();
    /** 1/(λ + damping), outputs × inputs. */
    private final List<DenseMatrix> inverses = new ArrayList<>();

    private KroneckerFactor(Network network, KroneckerSums sums) {
        CaptureSweep.requireCovered(network.architecture());
        this.network = network;
        this.layers = KroneckerSums.covered(network.architecture());
        this.indices = KroneckerSums.coveredIndices(network.architecture());
        try {
            for (int i = 0; i < layers.size(); i++) {
                bases.add(new KroneckerBasis(layers.get(i), sums.layers().get(i)));
            }
        } catch (ArithmeticException e) {
            close();
            throw new NetworkException("Kronecker factors: " + e.getMessage() + "; check the scale of the features", e);
        }
    }

    /** @param seed of the drawn labels */
    public static KroneckerFactor kfac(Network network, List<Row> rows, long seed, Damping damping) {
        return kfac(network, KroneckerSums.of(network, rows, seed), damping);
    }

    /** From sums, of shards for example. */
    public static KroneckerFactor kfac(Network network, KroneckerSums sums, Damping damping) {
        KroneckerFactor factor = new KroneckerFactor(network, sums);
        for (int i = 0; i < factor.layers.size(); i++) {
            factor.invert(i, factor.bases.get(i).products(sums, sums.layers().get(i)), damping);
        }
        return factor;
    }

    /** @param seed of the drawn labels */
    public static KroneckerFactor ekfac(Network network, List<Row> rows, long seed, Damping damping) {
        try (ProjectedInputs fresh = ProjectedInputs.fresh()) {
            return ekfac(network, rows, seed, damping, fresh);
        }
    }

    /** EK-FAC, and {@link #selfInfluence} of the rows that it was built from. */
    public record Scored(KroneckerFactor factor, double[] selfInfluence) {}

    /** Both together cost about two thirds of one after the other. @param seed of the drawn labels */
    public static Scored ekfacWithSelfInfluence(Network network, List<Row> rows, long seed, Damping damping) {
        boolean small = KeptCaptures.small(network, rows.size());
        try (ProjectedInputs inputs = small ? ProjectedInputs.kept() : ProjectedInputs.fresh()) {
            KroneckerFactor factor = ekfac(network, rows, seed, damping, inputs);
            try {
                return new Scored(factor, factor.selfInfluence(rows, inputs));
            } catch (RuntimeException e) {
                factor.close();
                throw e;
            }
        }
    }

    private static KroneckerFactor ekfac(
            Network network, List<Row> rows, long seed, Damping damping, ProjectedInputs inputs) {
        CaptureSweep.requireCovered(network.architecture());
        try (KeptCaptures captures = new KeptCaptures(network, rows, seed)) {
            KroneckerSums sums = KroneckerSums.of(network, rows.size(), captures::forEach);
            KroneckerFactor factor = new KroneckerFactor(network, sums);
            List<double[]> eigenvalues = factor.correctedEigenvalues(captures, inputs);
            for (int i = 0; i < eigenvalues.size(); i++) {
                factor.invert(i, eigenvalues.get(i), damping);
            }
            return factor;
        }
    }

    private void invert(int i, double[] eigenvalues, Damping damping) {
        double added = damping.of(eigenvalues);
        if (!(added > 0)) {
            close();
            throw new NetworkException("Kronecker factor " + i + ": expected curvature above 0, got none in any"
                    + " direction; give an absolute damping");
        }
        double[] inverse = new double[eigenvalues.length];
        for (int k = 0; k < inverse.length; k++) {
            inverse[k] = 1 / (eigenvalues[k] + added);
        }
        DenseMatrix matrix =
                DenseMatrix.zeros(bases.get(i).outputs(), bases.get(i).inputs());
        matrix.put(0, inverse);
        inverses.add(matrix);
    }

    /** Σ w (Q_Gᵀ·∇·Q_A)², element by element; sums over different rows add up. */
    private List<double[]> correctedEigenvalues(KeptCaptures captures, ProjectedInputs inputs) {
        List<DenseMatrix> sums = bases.stream()
                .map(basis -> DenseMatrix.zeros(basis.outputs(), basis.inputs()))
                .toList();
        try {
            captures.forEach((block, at, layer, capture) -> {
                int i = indices[layer];
                if (capture.positions() == 1) {
                    addSquares(layer, at, capture, inputs, sums.get(i));
                } else {
                    try (Capture turned = bases.get(i).project(capture)) {
                        addSquares(turned, sums.get(i));
                    }
                }
            });
            return sums.stream().map(KroneckerFactor::values).toList();
        } finally {
            sums.forEach(DenseMatrix::close);
        }
    }

    /** With one position the squares of an outer product are the outer product of the squares. */
    private void addSquares(int layer, int at, Capture capture, ProjectedInputs inputs, DenseMatrix sum) {
        KroneckerBasis basis = bases.get(indices[layer]);
        try (DenseMatrix gradients = basis.projectGradients(capture)) {
            Matrices.square(gradients);
            DenseMatrix squares = inputs.squares(layer, at, basis, capture);
            Matrices.timesTransposed(gradients, squares, 1, sum);
            inputs.done(squares);
        }
    }

    private static void addSquares(Capture turned, DenseMatrix sum) {
        try (DenseMatrix one = DenseMatrix.zeros(sum.rows(), sum.columns())) {
            for (int from = 0; from < turned.inputs().columns(); from += turned.positions()) {
                Matrices.timesTransposed(turned.gradients(), turned.inputs(), from, turned.positions(), one);
                Matrices.square(one);
                Matrices.add(sum, one);
            }
        }
    }

    /**
     * gᵢᵀ·P·gᵢ of each row's own loss gradient gᵢ: how much a row changes its own loss by being there.
     *
     * @param rows Not modified.
     */
    public double[] selfInfluence(List<Row> rows) {
        try (ProjectedInputs fresh = ProjectedInputs.fresh()) {
            return selfInfluence(rows, fresh);
        }
    }

    private double[] selfInfluence(List<Row> rows, ProjectedInputs inputs) {
        double[] out = new double[rows.size()];
        CaptureSweep.run(network, rows, CaptureSweep.Of.LOSS, 0, (block, at, layer, capture) -> {
            int i = indices[layer];
            if (capture.positions() == 1) {
                addForms(layer, at, capture, inputs, out);
            } else {
                try (Capture turned = bases.get(i).project(capture)) {
                    addForms(turned, inverses.get(i), out, at, block.size());
                }
            }
        });
        return out;
    }

    private void addForms(int layer, int at, Capture capture, ProjectedInputs inputs, double[] out) {
        KroneckerBasis basis = bases.get(indices[layer]);
        try (DenseMatrix gradients = basis.projectGradients(capture);
                DenseMatrix half =
                        DenseMatrix.zeros(gradients.rows(), capture.gradients().columns())) {
            Matrices.square(gradients);
            DenseMatrix squares = inputs.squares(layer, at, basis, capture);
            Matrices.times(inverses.get(indices[layer]), squares, half);
            Columns.addDots(half, gradients, 1, out, at);
            inputs.done(squares);
        }
    }

    private static void addForms(Capture turned, DenseMatrix inverse, double[] out, int at, int count) {
        try (DenseMatrix one = DenseMatrix.zeros(inverse.rows(), inverse.columns())) {
            for (int i = 0; i < count; i++) {
                int from = i * turned.positions();
                Matrices.timesTransposed(turned.gradients(), turned.inputs(), from, turned.positions(), one);
                Matrices.square(one);
                Matrices.multiply(one, inverse);
                out[at + i] += Arrays.stream(values(one)).sum();
            }
        }
    }

    private static double[] values(DenseMatrix matrix) {
        double[] out = new double[matrix.rows() * matrix.columns()];
        matrix.get(0, out);
        return out;
    }

    @Override
    public int size() {
        return network.architecture().parameters();
    }

    @Override
    public void multiply(double[] g, double[] out) {
        network.requireFinite("right sides", g);
        for (int i = 0; i < indices.length; i++) {
            if (indices[i] >= 0) {
                LayerVector vector = LayerVector.of(network.architecture(), i);
                double[] weights = vector.read(g);
                bases.get(indices[i]).scale(weights, inverses.get(indices[i]));
                vector.write(weights, out);
            }
        }
    }

    @Override
    public void close() {
        bases.forEach(KroneckerBasis::close);
        inverses.forEach(DenseMatrix::close);
    }
}
