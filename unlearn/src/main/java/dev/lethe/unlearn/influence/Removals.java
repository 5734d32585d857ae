package dev.lethe.unlearn.influence;

import dev.lethe.unlearn.linalg.DenseMatrix;
import dev.lethe.unlearn.objective.Loss;
import dev.lethe.unlearn.objective.Objective;
import dev.lethe.unlearn.objective.Row;
import dev.lethe.unlearn.objective.Vectors;
import java.util.Arrays;
import org.hipparchus.exception.MathIllegalArgumentException;
import org.hipparchus.linear.Array2DRowRealMatrix;
import org.hipparchus.linear.ArrayRealVector;
import org.hipparchus.linear.CholeskyDecomposition;

/**
 * What the removal of each row alone does, with its own curvature taken out exactly.
 *
 * <p>A row's gradient is Z·r and its curvature Z·wS·Zᵀ, with Z = I ⊗ x and S = BBᵀ = ℓ″(z). With M = ZᵀPZ (K × K) Woodbury gives
 * (H − ZwSZᵀ)⁻¹Z·wr = PZ·f, f = w(r + wB(I − wBᵀMB)⁻¹BᵀMr): a down-dated removal is a plain one with other residuals. For
 * one output f = wr / (1 − leverage). No weight is divided by, so saturated rows do no harm.
 *
 * <p>All arrays are in the order of the rows. A row without which H is singular has NaN for everything down-dated.
 */
public final class Removals {

    /** A removal whose 1 − leverage is not above this has no digits left to down-date with. */
    private static final double MIN_REMAINDER = 1e-8;

    private static final int MAX_VALUES = 1 << 20;

    private final EvaluatedRows rows;
    private final Objective objective;
    private final Loss loss;
    private final double[] factors;
    private final double[] leverages;
    private final double[] selfInfluences;
    private final double[] stepNorms;
    private final double[] looLogits;

    private Removals(EvaluatedRows rows) {
        int n = rows.count();
        this.rows = rows;
        this.objective = rows.objective();
        this.loss = Loss.of(objective.family());
        this.factors = new double[n * objective.outputs()];
        this.leverages = new double[n];
        this.selfInfluences = new double[n];
        this.stepNorms = new double[n];
        this.looLogits = new double[n * objective.outputs()];
    }

    /**
     * The removals of all rows, one at a time.
     *
     * @param rows rows H stands over. Not modified.
     * @param inverse H⁻¹. Not modified.
     */
    public static Removals of(EvaluatedRows rows, DirectInverse inverse) {
        Removals removals = new Removals(rows);
        int size = inverse.size();
        int block = Math.max(1, Math.min(rows.count(), MAX_VALUES / (size * inverse.blocks())));
        try (DenseMatrix products = DenseMatrix.zeros(size, block * inverse.blocks())) {
            double[] values = new double[size * block * inverse.blocks()];
            for (int at = 0; at < rows.count(); at += block) {
                int count = Math.min(block, rows.count() - at);
                for (int k = 0; k < inverse.blocks(); k++) {
                    inverse.multiplyBlock(k, rows.matrix(), at, count, products);
                }
                products.get(0, values, size * count * inverse.blocks());
                for (int i = 0; i < count; i++) {
                    removals.remove(at + i, i, count, values, size);
                }
            }
        }
        return removals;
    }

    /** @param products P[:, block k]·x of row {@code at} in column k·count + at */
    private void remove(int row, int at, int count, double[] products, int size) {
        double[][] m = core(row, at, count, products, size);
        double[] r = rows.residual(row);
        double weight = rows.row(row).weight();
        double[] mr = multiply(m, r);
        selfInfluences[row] = weight * dot(r, mr);
        stepNorms[row] = weight * stepNorm(r, at, count, products, size);
        double[] f = factors(row, m, r, mr);
        double[] moved = multiply(m, f);
        double[] z = rows.logits(row);
        for (int k = 0; k < f.length; k++) {
            factors[row * f.length + k] = f[k];
            looLogits[row * f.length + k] = z[k] + moved[k];
        }
    }

    /** M = ZᵀPZ. */
    private double[][] core(int row, int at, int count, double[] products, int size) {
        double[] x = rows.row(row).x();
        int outputs = objective.outputs();
        boolean shared = size < objective.parameters();
        double[][] m = new double[outputs][outputs];
        for (int k = 0; k < outputs; k++) {
            for (int l = 0; l < outputs; l++) {
                if (shared) {
                    m[k][l] = k == l ? dot(products, at * size, x) : 0;
                } else {
                    m[k][l] = dot(products, (k * count + at) * size + l * x.length, x);
                }
            }
        }
        return m;
    }

    /** ‖P(r ⊗ x)‖. */
    private double stepNorm(double[] r, int at, int count, double[] products, int size) {
        if (size < objective.parameters()) {
            return Math.sqrt(square(products, at * size, size) * dot(r, r));
        }
        double[] step = new double[size];
        for (int k = 0; k < r.length; k++) {
            int from = (k * count + at) * size;
            for (int j = 0; j < size; j++) {
                step[j] += r[k] * products[from + j];
            }
        }
        return Math.sqrt(square(step, 0, size));
    }

    /** f, and the row's leverage tr(wSM) on the way. */
    private double[] factors(int row, double[][] m, double[] r, double[] mr) {
        Row own = rows.row(row);
        double[][] root = root(row);
        int rank = root.length;
        double[][] core = new double[rank][rank];
        double[] right = new double[rank];
        for (int a = 0; a < rank; a++) {
            double[] mb = multiply(m, root[a]);
            for (int b = 0; b <= a; b++) {
                core[a][b] = (a == b ? 1 : 0) - own.weight() * dot(root[b], mb);
                core[b][a] = core[a][b];
            }
            leverages[row] += 1 - core[a][a];
            right[a] = dot(root[a], mr);
        }
        double[] solved = solve(core, right);
        double[] f = new double[r.length];
        for (int k = 0; k < f.length; k++) {
            double added = 0;
            for (int a = 0; a < rank; a++) {
                added += root[a][k] * solved[a];
            }
            f[k] = own.weight() * (r[k] + own.weight() * added);
        }
        return f;
    }

    /** Columns of B. */
    private double[][] root(int row) {
        int outputs = objective.outputs();
        int rank = loss.rank(outputs);
        double[] columns = new double[outputs * rank];
        loss.curvatureRoot(rows.logits(row), columns);
        double[][] root = new double[rank][];
        for (int a = 0; a < rank; a++) {
            root[a] = Arrays.copyOfRange(columns, a * outputs, (a + 1) * outputs);
        }
        return root;
    }

    private static double[] solve(double[][] core, double[] right) {
        try {
            return new CholeskyDecomposition(new Array2DRowRealMatrix(core, false), 1e-12, MIN_REMAINDER)
                    .getSolver()
                    .solve(new ArrayRealVector(right, false))
                    .toArray();
        } catch (MathIllegalArgumentException e) {
            double[] none = new double[right.length];
            Arrays.fill(none, Double.NaN);
            return none;
        }
    }

    private static double[] multiply(double[][] m, double[] v) {
        double[] out = new double[v.length];
        for (int k = 0; k < out.length; k++) {
            out[k] = dot(m[k], v);
        }
        return out;
    }

    private static double dot(double[] a, double[] b) {
        return dot(a, 0, b);
    }

    private static double dot(double[] a, int from, double[] b) {
        return Vectors.dot(a, from, b);
    }

    private static double square(double[] values, int from, int length) {
        double sum = 0;
        for (int j = from; j < from + length; j++) {
            sum += values[j] * values[j];
        }
        return sum;
    }

    /** f, K·n: in place of the weighted residuals they make every influence a down-dated one. A copy. */
    public double[] factors() {
        return factors.clone();
    }

    /** w·tr(ℓ″M), the row's part of the effective number of parameters; n, a copy. */
    public double[] leverages() {
        return leverages.clone();
    }

    /** w∇ℓᵀP∇ℓ: by how much the row's own loss would rise without it, to first order; n, a copy. */
    public double[] selfInfluences() {
        return selfInfluences.clone();
    }

    /** ‖P·w∇ℓ‖: how far the parameters would move without it, to first order; n, a copy. */
    public double[] stepNorms() {
        return stepNorms.clone();
    }

    /** The row's logits by the model without it (one Newton step), K values, a copy. */
    public double[] looLogits(int row) {
        return Arrays.copyOfRange(looLogits, row * objective.outputs(), (row + 1) * objective.outputs());
    }

    /** The row's loss by the model without it (one Newton step); n. */
    public double[] looLosses() {
        double[] out = new double[rows.count()];
        for (int i = 0; i < out.length; i++) {
            out[i] = loss.value(looLogits(i), rows.row(i).y());
        }
        return out;
    }
}
