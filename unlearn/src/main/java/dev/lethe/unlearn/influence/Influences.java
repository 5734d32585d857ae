package dev.lethe.unlearn.influence;

import dev.lethe.unlearn.linalg.DenseKernels;
import dev.lethe.unlearn.linalg.DenseMatrix;
import dev.lethe.unlearn.objective.Objective;

/** From solved test gradients to one number per training row and test row. */
public final class Influences {

    private static final int MAX_VALUES = 1 << 18;

    private static final int MAX_ROWS = 512;

    private Influences() {}

    /**
     * ∇ℓ_tᵀH⁻¹(f ⊗ x): the change of each test loss if a row with factors f is removed. Positive: it helps.
     *
     * @param rows training rows. Not modified.
     * @param factors K·n: {@link EvaluatedRows#weightedResiduals()} for plain influence, or
     *     {@link Removals#factors()} for the down-dated one. Not modified.
     * @param solved H⁻¹ of the test gradients, K·d × tests. Not modified.
     * @return n × tests, row by row
     */
    public static double[] of(EvaluatedRows rows, double[] factors, double[] solved, int tests) {
        Objective objective = rows.objective();
        int wide = objective.outputs() * tests;
        int block = Math.max(1, Math.min(Math.min(MAX_ROWS, MAX_VALUES / wide), rows.count()));
        double[] products = new double[wide * block];
        double[] out = new double[Math.multiplyExact(rows.count(), tests)];
        try (DenseMatrix v = DenseMatrix.zeros(objective.columns(), wide);
                DenseMatrix panel = DenseMatrix.zeros(wide, block)) {
            v.put(0, solved);
            for (int at = 0; at < rows.count(); at += block) {
                int size = Math.min(block, rows.count() - at);
                DenseKernels.gemmTransposedLeft(
                        wide,
                        size,
                        objective.columns(),
                        1.0,
                        v.pointer(),
                        rows.matrix().column(at),
                        0.0,
                        panel.pointer());
                panel.get(0, products, wide * size);
                for (int i = 0; i < size; i++) {
                    contract(products, i * wide, factors, (at + i) * objective.outputs(), out, (at + i) * tests, tests);
                }
            }
        }
        return out;
    }

    /** Of one row: out[t] = Σ_k f_k·products[t·K + k]. */
    private static void contract(
            double[] products, int from, double[] factors, int ownFactors, double[] out, int at, int tests) {
        int outputs = (int) ((long) factors.length * tests / out.length);
        for (int t = 0; t < tests; t++) {
            double sum = 0;
            for (int k = 0; k < outputs; k++) {
                sum += factors[ownFactors + k] * products[from + t * outputs + k];
            }
            out[at + t] = sum;
        }
    }
}
