package dev.lethe.unlearn.influence;

import dev.lethe.unlearn.objective.Gauge;
import dev.lethe.unlearn.objective.Objective;
import java.util.Arrays;
import java.util.Random;

/**
 * H ≈ U·diag(λ)·Uᵀ + Λ(I − UUᵀ) from products with H alone, so H⁻¹g = g/Λ + U(1/λ − 1/Λ)Uᵀg: what is not among the found
 * directions keeps its 1/Λ. Dropping it, as the original of the Arnoldi form does, loses just the directions in which
 * rows are unlike each other.
 *
 * <p>Needs Λ &gt; 0. A free intercept counts as penalised off the found directions.
 */
public final class LowRankInverse implements InfluenceMethod {

    private static final double ROUNDING = 1e-14;

    private final InfluenceMethods method;
    private final Objective objective;
    private final int rank;
    private final double[] vectors;
    private final double[] values;

    private LowRankInverse(InfluenceMethods method, Objective objective, double[] vectors, double[] values) {
        this.method = method;
        this.objective = objective;
        this.rank = values.length;
        this.vectors = vectors;
        this.values = values;
    }

    /**
     * Arnoldi's iteration with full reorthogonalisation (for a symmetric H: Lanczos) from a random start; the Ritz pairs of
     * the Krylov space (Schioppa et al. 2022).
     *
     * @param rank products with H, one after the other, and directions kept
     */
    public static LowRankInverse arnoldi(Curvature curvature, int rank, long seed) {
        Objective objective = requirePenalty(curvature.objective());
        int p = objective.parameters();
        int r = Math.min(rank, p);
        double[] basis = new double[p * r];
        double[] images = new double[p * r];
        double[] next = gaussian(objective, 1, new Random(seed));
        int made = 0;
        while (made < r && append(objective, basis, made, next)) {
            double[] image = curvature.multiply(Arrays.copyOfRange(basis, made * p, (made + 1) * p), 1);
            System.arraycopy(image, 0, images, made * p, p);
            next = image;
            made++;
        }
        double[] core = Columns.transposedProduct(basis, images, p, made, made);
        double[] values = Columns.eigen(core, made);
        return new LowRankInverse(
                InfluenceMethods.ARNOLDI, objective, Columns.product(basis, p, made, core, made), values);
    }

    /** Adds a vector to an orthonormal basis; false if nothing of it is left. @param basis Modified. */
    private static boolean append(Objective objective, double[] basis, int made, double[] vector) {
        int p = vector.length;
        double[] v = vector.clone();
        double before = Columns.norm(v);
        // Twice is enough (Kahan): the second sweep removes what rounding left of the first.
        for (int sweep = 0; sweep < 2 && made > 0; sweep++) {
            double[] overlap = Columns.transposedProduct(basis, v, p, made, 1);
            Columns.add(v, -1, Columns.product(basis, p, made, overlap, 1));
        }
        Gauge.project(objective, v);
        double norm = Columns.norm(v);
        if (!(norm > ROUNDING * p * before)) {
            return false;
        }
        for (int j = 0; j < p; j++) {
            basis[made * p + j] = v[j] / norm;
        }
        return true;
    }

    /**
     * Nyström's approximation of the data's curvature from products with random directions, all in one go (Tropp et al.
     * 2017, algorithm 3), the directions turned once towards the large eigenvalues before.
     *
     * @param rank directions
     */
    public static LowRankInverse nystroem(Curvature curvature, int rank, long seed) {
        Objective objective = requirePenalty(curvature.objective());
        int p = objective.parameters();
        int r = Math.min(rank, p);
        double[] sketch = orthonormal(curvature.data(gaussian(objective, r, new Random(seed)), r), p, r);
        int width = sketch.length / p;
        double[] image = curvature.data(sketch, width);
        CurvatureOperator.projectColumns(objective, image);
        double[] core = Columns.transposedProduct(sketch, image, p, width, width);
        double[] turned = Columns.product(image, p, width, inverseRoot(core, width), width);
        double[] gram = Columns.transposedProduct(turned, turned, p, width, width);
        double[] values = Columns.eigen(gram, width);
        return of(objective, turned, gram, values);
    }

    /** U and λ + Λ from F with F·Fᵀ the approximation and FᵀF = V·diag(λ)·Vᵀ: U = F·V/√λ. */
    private static LowRankInverse of(Objective objective, double[] f, double[] v, double[] values) {
        int width = values.length;
        int p = f.length / width;
        int first = firstAbove(values);
        double[] vectors = Arrays.copyOfRange(Columns.product(f, p, width, v, width), first * p, width * p);
        double[] kept = Arrays.copyOfRange(values, first, width);
        for (int c = 0; c < kept.length; c++) {
            for (int j = 0; j < p; j++) {
                vectors[c * p + j] /= Math.sqrt(kept[c]);
            }
            kept[c] += objective.l2();
        }
        return new LowRankInverse(InfluenceMethods.NYSTROEM, objective, vectors, kept);
    }

    private static int firstAbove(double[] ascending) {
        int first = 0;
        double floor = ascending[ascending.length - 1] * ROUNDING * ascending.length;
        while (first < ascending.length - 1 && !(ascending[first] > floor)) {
            first++;
        }
        return first;
    }

    /** C^(−1/2), on the range of C. @param core width × width. Modified. */
    private static double[] inverseRoot(double[] core, int width) {
        double[] values = Columns.eigen(core, width);
        int first = firstAbove(values);
        double[] scaled = core.clone();
        for (int c = 0; c < width; c++) {
            for (int i = 0; i < width; i++) {
                scaled[c * width + i] = c < first ? 0 : core[c * width + i] / Math.sqrt(values[c]);
            }
        }
        return scaled;
    }

    /** An orthonormal basis of the columns. */
    private static double[] orthonormal(double[] columns, int p, int width) {
        double[] gram = Columns.transposedProduct(columns, columns, p, width, width);
        double[] values = Columns.eigen(gram, width);
        int first = firstAbove(values);
        double[] basis = Arrays.copyOfRange(Columns.product(columns, p, width, gram, width), first * p, width * p);
        for (int c = first; c < width; c++) {
            for (int j = 0; j < p; j++) {
                basis[(c - first) * p + j] /= Math.sqrt(values[c]);
            }
        }
        return basis;
    }

    private static double[] gaussian(Objective objective, int count, Random random) {
        double[] out = new double[objective.parameters() * count];
        for (int i = 0; i < out.length; i++) {
            out[i] = random.nextGaussian();
        }
        CurvatureOperator.projectColumns(objective, out);
        return out;
    }

    private static Objective requirePenalty(Objective objective) {
        if (!(objective.l2() > 0)) {
            throw new IllegalArgumentException(
                    "a low-rank inverse needs l2 > 0, got " + objective.l2() + "; use direct or cg for this model");
        }
        return objective;
    }

    @Override
    public String name() {
        return method.id();
    }

    @Override
    public double[] solve(double[] gradients, int count) {
        int p = objective.parameters();
        double[] out = gradients.clone();
        CurvatureOperator.projectColumns(objective, out);
        double[] parts = Columns.transposedProduct(vectors, out, p, rank, count);
        for (int i = 0; i < parts.length; i++) {
            parts[i] *= 1 / values[i % rank] - 1 / objective.l2();
        }
        double[] found = Columns.product(vectors, p, rank, parts, count);
        for (int i = 0; i < out.length; i++) {
            out[i] = out[i] / objective.l2() + found[i];
        }
        CurvatureOperator.projectColumns(objective, out);
        return out;
    }

    @Override
    public void close() {
        // Holds arrays only.
    }
}
