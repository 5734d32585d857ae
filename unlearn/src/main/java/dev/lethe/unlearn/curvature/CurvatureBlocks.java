package dev.lethe.unlearn.curvature;

import dev.lethe.unlearn.linalg.DenseKernels;
import dev.lethe.unlearn.linalg.DenseMatrix;
import dev.lethe.unlearn.linalg.SymmetricMatrix;
import dev.lethe.unlearn.objective.Family;
import dev.lethe.unlearn.objective.Loss;
import dev.lethe.unlearn.objective.Objective;
import dev.lethe.unlearn.objective.Row;
import dev.lethe.unlearn.objective.SoftmaxLoss;
import java.util.function.IntToDoubleFunction;

/**
 * The second-order sums of a pass, block of rows by block: Σ w ∇²ℓ and Σ w xxᵀ, both as X·diag(c)·Xᵀ by syrk.
 *
 * <p>Softmax: block (k, l) of the curvature is Σ w (p_k δ_kl − p_k p_l) xxᵀ. Each is symmetric and its coefficients
 * have one sign, so it is one syrk on columns scaled by their root: K(K+1)/2 of them, (K−1)·K/(K+1) times cheaper than
 * a syrk on whole curvature roots.
 */
final class CurvatureBlocks implements AutoCloseable {

    private final Objective objective;
    private final Loss loss;
    private boolean wantsCurvature;
    private final boolean wantsGram;
    private SymmetricMatrix curvature;
    private SymmetricMatrix gram;
    private final DenseMatrix panel;
    private final double[] scaled;
    private final double[] logits;
    private final double[] root;
    private final double[] probabilities;

    CurvatureBlocks(Objective objective, int blockRows, boolean curvature, boolean gram) {
        int columns = objective.columns();
        boolean ridge = objective.family() == Family.RIDGE;
        this.objective = objective;
        this.loss = Loss.of(objective.family());
        this.wantsCurvature = curvature;
        this.wantsGram = gram;
        // Ridge: both are the same sum, kept once.
        this.gram = gram || ridge && curvature ? SymmetricMatrix.zeros(columns) : null;
        this.curvature = curvature && !ridge ? SymmetricMatrix.zeros(Sums.curvatureSize(objective)) : null;
        boolean any = curvature || gram;
        this.panel = any ? DenseMatrix.zeros(columns, blockRows) : null;
        this.scaled = new double[any ? columns * blockRows : 0];
        this.logits = new double[objective.outputs()];
        this.root = new double[objective.outputs() * loss.rank(objective.outputs())];
        this.probabilities = new double[objective.outputs() * blockRows];
    }

    /** Adds a block. @param x d × count. @param z K·count logits. Both not modified. */
    void add(Row[] rows, int count, DenseMatrix x, double[] z) {
        if (gram != null) {
            addGram(rows, count, x);
        }
        if (curvature != null && objective.family() == Family.LOGISTIC) {
            addScaled(rows, count, i -> Math.sqrt(rows[i].weight()) * logisticRoot(z[i]), 1.0, 0, 0);
        } else if (curvature != null) {
            addSoftmax(rows, count, z);
        }
    }

    private void addGram(Row[] rows, int count, DenseMatrix x) {
        for (int i = 0; i < count; i++) {
            if (rows[i].weight() != 1) {
                syrk(scale(rows, count, k -> Math.sqrt(rows[k].weight())), count, 1.0, gram, 0, 0);
                return;
            }
        }
        syrk(x, count, 1.0, gram, 0, 0);
    }

    private double logisticRoot(double z) {
        logits[0] = z;
        loss.curvatureRoot(logits, root);
        return root[0];
    }

    private void addSoftmax(Row[] rows, int count, double[] z) {
        int outputs = objective.outputs();
        double[] row = new double[outputs];
        for (int i = 0; i < count; i++) {
            System.arraycopy(z, i * outputs, logits, 0, outputs);
            SoftmaxLoss.probabilities(logits, row);
            System.arraycopy(row, 0, probabilities, i * outputs, outputs);
        }
        for (int k = 0; k < outputs; k++) {
            int block = k;
            addScaled(rows, count, i -> Math.sqrt(rows[i].weight() * spread(i * outputs, block)), 1.0, k, k);
            for (int l = 0; l < k; l++) {
                int other = l;
                addScaled(
                        rows,
                        count,
                        i -> Math.sqrt(rows[i].weight()
                                * probabilities[i * outputs + block]
                                * probabilities[i * outputs + other]),
                        -1.0,
                        k,
                        l);
            }
        }
    }

    /** p_k (1 − p_k), the second factor as the sum of the others: exact also where p_k rounds to 1. */
    private double spread(int at, int k) {
        double others = 0;
        for (int l = 0; l < objective.outputs(); l++) {
            others += l == k ? 0 : probabilities[at + l];
        }
        return probabilities[at + k] * others;
    }

    private void addScaled(Row[] rows, int count, IntToDoubleFunction scale, double sign, int k, int l) {
        syrk(scale(rows, count, scale), count, sign, curvature, k, l);
    }

    private void syrk(DenseMatrix x, int count, double sign, SymmetricMatrix into, int k, int l) {
        int columns = objective.columns();
        DenseKernels.syrk(columns, count, sign, x.pointer(), into.at(k * columns, l * columns), into.size());
    }

    private DenseMatrix scale(Row[] rows, int count, IntToDoubleFunction scale) {
        int columns = objective.columns();
        for (int i = 0; i < count; i++) {
            double factor = scale.applyAsDouble(i);
            double[] x = rows[i].x();
            int at = i * columns;
            for (int j = 0; j < columns; j++) {
                scaled[at + j] = factor * x[j];
            }
        }
        panel.put(0, scaled, count * columns);
        return panel;
    }

    /** Packed, or null if not asked for. */
    double[] curvature() {
        if (!wantsCurvature) {
            return null;
        }
        if (curvature == null) {
            return gram.toPacked();
        }
        mirrorBlocks();
        return curvature.toPacked();
    }

    /** The curvature itself, as asked for; the caller closes it, and no row can be added any more. */
    SymmetricMatrix takeCurvature() {
        SymmetricMatrix taken = curvature == null ? gram : curvature;
        if (curvature == null) {
            gram = null;
        } else {
            mirrorBlocks();
        }
        curvature = null;
        wantsCurvature = false;
        return taken;
    }

    /** Packed, or null if not asked for. */
    double[] gram() {
        return wantsGram && gram != null ? gram.toPacked() : null;
    }

    /** syrk fills the lower half of each block; blocks below the diagonal are needed whole. */
    private void mirrorBlocks() {
        int d = objective.columns();
        int blocks = curvature.size() / d;
        for (int k = 1; k < blocks; k++) {
            for (int l = 0; l < k; l++) {
                for (int j = 1; j < d; j++) {
                    for (int i = 0; i < j; i++) {
                        curvature
                                .at(k * d + i, l * d + j)
                                .put(curvature.at(k * d + j, l * d + i).get());
                    }
                }
            }
        }
    }

    @Override
    public void close() {
        if (panel != null) {
            panel.close();
        }
        if (gram != null) {
            gram.close();
        }
        if (curvature != null) {
            curvature.close();
        }
    }
}
