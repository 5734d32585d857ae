package dev.lethe.unlearn.curvature;

import dev.lethe.unlearn.linalg.DenseMatrix;
import dev.lethe.unlearn.linalg.SelfTest;
import dev.lethe.unlearn.linalg.SymmetricMatrix;
import dev.lethe.unlearn.objective.Family;
import dev.lethe.unlearn.objective.Gauge;
import dev.lethe.unlearn.objective.Objective;
import dev.lethe.unlearn.objective.Row;
import dev.lethe.unlearn.objective.Vectors;
import java.util.List;
import java.util.Random;

/**
 * P as an explicit inverse: d × d for ridge (shared by all outputs) and logistic, K·d × K·d for softmax.
 *
 * <p>Up- and down-dates are Woodbury steps on blocks of at most 64 curvature columns (at d = 784: 24 µs per removal,
 * against 65 for rank-1 steps and 190 for blocks of 1024). All scratch memory is taken once; a change allocates none.
 *
 * <p>Softmax with a free intercept has the flat direction 1 on the K biases: ρ·11ᵀ is added there, which makes H
 * definite and, H·1 and every sample's part in it being 0, changes nothing off that direction.
 */
public final class DenseFactor implements Factor {

    /** Largest side of P: 2 600² float64 are 54 MB. */
    public static final int MAX_PARAMETERS = 2600;

    /** A removal whose 1 − leverage is not above this has no digits left to down-date with. */
    public static final double MIN_REMAINDER = 1e-8;

    private static final long UNKNOWN = Long.MAX_VALUE / 2;

    /** The small eigenvalues of a penalised curvature lie close together: a few steps give one of them. */
    private static final int POWER_ITERATIONS = 20;

    private final Objective objective;
    private final UpdatedMatrix inverse;
    /** K; null for ridge, and before {@link #takeGram}. */
    private UpdatedMatrix gram;
    /** Rows that K was updated with since it was summed; of a restored one it is not known. */
    private long gramUpdates;

    private final DriftProbe drift;
    private final Woodbury woodbury;
    private final DenseMatrix input;
    private final DenseMatrix output;
    private double quality;
    /** λ_min since the last update, NaN when it is not known. */
    private double smallest = Double.NaN;

    /**
     * Everything a factor holds.
     *
     * @param inverse P, packed lower triangle as in {@link SymmetricMatrix}
     * @param gram K, packed, or null
     * @param scale of the drift probe
     * @param image of the drift probe
     * @param quality as in {@link Factor#quality()}
     */
    public record State(double[] inverse, double[] gram, double[] scale, double[] image, double quality) {}

    private DenseFactor(
            Objective objective, SymmetricMatrix inverse, SymmetricMatrix gram, DriftProbe drift, double quality) {
        this.objective = objective;
        this.inverse = new UpdatedMatrix(inverse);
        this.gram = gram == null ? null : new UpdatedMatrix(gram);
        this.drift = drift;
        this.quality = quality;
        this.woodbury = new Woodbury(objective, this.inverse, drift);
        woodbury.gram(this.gram);
        this.input = DenseMatrix.zeros(objective.columns(), objective.outputs());
        this.output = DenseMatrix.zeros(objective.columns(), objective.outputs());
    }

    /**
     * Builds P from a pass' sums; adds the penalty Λr and, if needed, the gauge term.
     *
     * @param sums with curvature, and with gram for logistic and softmax, unless {@link #takeGram} follows. Not modified.
     * @throws SingularCurvatureException if the curvature is not positive definite
     * @throws IllegalArgumentException if the curvature is absent or above {@link #MAX_PARAMETERS}
     */
    public static DenseFactor build(Objective objective, Sums sums) throws SingularCurvatureException {
        requireSize(objective);
        if (sums.curvature() == null) {
            throw new IllegalArgumentException("factor: the sums hold no curvature; ask for it in the pass");
        }
        return build(
                objective,
                SymmetricMatrix.fromPacked(Sums.curvatureSize(objective), sums.curvature()),
                objective.family() == Family.RIDGE ? null : sums.gram());
    }

    /**
     * The same in the memory of the curvature itself.
     *
     * @param curvature Σ w ∇²ℓ; owned from now on, and closed if it has no inverse
     * @param gramOrNull Σ w xxᵀ, packed; null for ridge and where {@link #takeGram} follows. Not modified.
     */
    public static DenseFactor build(Objective objective, SymmetricMatrix curvature, double[] gramOrNull)
            throws SingularCurvatureException {
        SelfTest.run();
        DriftProbe drift = null;
        try {
            Inversion.regularise(objective, curvature);
            drift = new DriftProbe(curvature, Woodbury.block(objective));
            double quality = Inversion.invert(objective, curvature);
            SymmetricMatrix gram =
                    gramOrNull == null ? null : SymmetricMatrix.fromPacked(objective.columns(), gramOrNull);
            return new DenseFactor(objective, curvature, gram, drift, quality);
        } catch (SingularCurvatureException | RuntimeException e) {
            curvature.close();
            if (drift != null) {
                drift.close();
            }
            throw e;
        }
    }

    /** Whether K is here, or not needed. */
    public boolean hasGram() {
        return gram != null || objective.family() == Family.RIDGE;
    }

    /** Rows that K was updated with since it was summed, each of which left its rounding; very many if that is not known. */
    public long gramUpdates() {
        return gramUpdates;
    }

    /**
     * Takes K out of another factor over the same rows: it does not depend on θ, so a factor that takes another's place
     * needs none of its own, neither summed nor stored.
     *
     * @param from Modified: without K, fit for closing only.
     */
    public void takeGram(DenseFactor from) {
        gram = from.gram;
        gramUpdates = from.gramUpdates;
        woodbury.gram(gram);
        from.gram = null;
        from.woodbury.gram(null);
    }

    /** A copy, in O(d²); the factor goes on as if it had not been looked at. */
    public State state() {
        double[] k = gram == null ? null : gram.toPacked();
        return new State(inverse.toPacked(), k, drift.scale(), drift.image(), quality);
    }

    /**
     * The factor that {@link #state()} was taken of, up to rounding.
     *
     * @param state Not modified.
     * @throws IllegalArgumentException if it is not a state of such a factor
     */
    public static DenseFactor restore(Objective objective, State state) {
        SelfTest.run();
        requireSize(objective);
        int size = Sums.curvatureSize(objective);
        boolean ridge = objective.family() == Family.RIDGE;
        requireLength("inverse", state.inverse, SymmetricMatrix.packedLength(size));
        requireLength("gram", state.gram, ridge ? 0 : SymmetricMatrix.packedLength(objective.columns()));
        requireLength("scale", state.scale, size);
        requireLength("image", state.image, size);
        DenseFactor restored = new DenseFactor(
                objective,
                SymmetricMatrix.fromPacked(size, state.inverse),
                ridge ? null : SymmetricMatrix.fromPacked(objective.columns(), state.gram),
                new DriftProbe(state.scale, state.image, Woodbury.block(objective)),
                state.quality);
        restored.gramUpdates = UNKNOWN;
        return restored;
    }

    private static void requireLength(String name, double[] values, int expected) {
        int length = values == null ? 0 : values.length;
        if (length != expected) {
            throw new IllegalArgumentException("factor: " + name + ": expected " + expected + " values, got " + length);
        }
    }

    /** Whether a curvature of this objective is small enough to be kept dense. */
    public static boolean fits(Objective objective) {
        return Sums.curvatureSize(objective) <= MAX_PARAMETERS;
    }

    /** @throws IllegalArgumentException if the curvature would be above {@link #MAX_PARAMETERS} */
    static void requireSize(Objective objective) {
        int size = Sums.curvatureSize(objective);
        if (size > MAX_PARAMETERS) {
            throw new IllegalArgumentException("curvature: at most " + MAX_PARAMETERS + " parameters ("
                    + "columns for ridge and logistic, classes x columns for softmax), got " + size
                    + "; use fewer features, or project them first");
        }
    }

    @Override
    public void multiply(double[] g, double[] out) {
        double[] projected = g;
        if (Gauge.needed(objective)) {
            projected = g.clone();
            Gauge.project(objective, projected);
        }
        input.put(0, projected);
        int perColumn = inverse.size() / objective.columns();
        for (int k = 0; k < objective.outputs(); k += perColumn) {
            inverse.multiply(input.column(k), output.column(k));
        }
        output.get(0, out);
        Gauge.project(objective, out);
    }

    /**
     * P, both triangles, for work on all of it at once; the caller closes it. Later updates do not reach the copy.
     *
     * @return d × d for ridge (one for all outputs), else K·d × K·d
     */
    public DenseMatrix inverse() {
        int n = inverse.size();
        double[] values = new double[Math.multiplyExact(n, n)];
        inverse.whole().get(values, 0, values.length);
        for (int j = 1; j < n; j++) {
            for (int i = 0; i < j; i++) {
                values[j * n + i] = values[i * n + j];
            }
        }
        DenseMatrix copy = DenseMatrix.zeros(n, n);
        copy.put(0, values);
        return copy;
    }

    @Override
    public FactorUpdate update(List<Row> additions, List<Row> removals, double[] theta) {
        FactorUpdate met = woodbury.apply(additions, theta, Woodbury.Direction.ADD);
        met = met.and(woodbury.apply(removals, theta, Woodbury.Direction.REMOVE));
        gramUpdates += additions.size() + removals.size();
        quality = Math.min(quality, met.minRemainder());
        smallest = Double.NaN;
        return met;
    }

    @Override
    public double leverage(List<Row> rows, double[] theta) {
        return woodbury.leverage(rows, theta);
    }

    @Override
    public double gramForm(double[] v) {
        if (!hasGram()) {
            throw new IllegalStateException("factor: K is not here yet");
        }
        if (gram == null) {
            return Double.NaN;
        }
        input.put(0, v);
        for (int k = 0; k < objective.outputs(); k++) {
            gram.multiply(input.column(k), output.column(k));
        }
        double[] product = new double[v.length];
        output.get(0, product);
        // K is positive semidefinite; a negative form is rounding.
        return Math.max(0, Vectors.dot(v, product));
    }

    @Override
    public double quality() {
        return quality;
    }

    @Override
    public double drift() {
        return drift.measure(inverse);
    }

    @Override
    public double smallestCurvature() {
        if (Double.isNaN(smallest)) {
            smallest = estimateSmallest();
        }
        return smallest;
    }

    private double estimateSmallest() {
        double[] v = startVector(objective.parameters());
        double[] product = new double[v.length];
        double largest = 0;
        for (int i = 0; i < POWER_ITERATIONS; i++) {
            multiply(v, product);
            largest = Vectors.norm(product);
            for (int j = 0; j < product.length; j++) {
                v[j] = product[j] / largest;
            }
        }
        return 1 / largest;
    }

    /** Entries of both signs and no pattern, so that no eigenvector is missed by symmetry; always the same. */
    private static double[] startVector(int length) {
        double[] v = new Random(length).doubles(length, -1, 1).toArray();
        double norm = Vectors.norm(v);
        for (int i = 0; i < length; i++) {
            v[i] /= norm;
        }
        return v;
    }

    @Override
    public void close() {
        inverse.close();
        if (gram != null) {
            gram.close();
        }
        drift.close();
        woodbury.close();
        input.close();
        output.close();
    }
}
