package dev.lethe.unlearn.influence;

import dev.lethe.unlearn.objective.Objective;
import dev.lethe.unlearn.objective.Row;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/**
 * H⁻¹G by the Neumann series on samples of the rows: v ← g + v − Ĥv/σ, then v/σ, with a new Ĥ each step (Agarwal et al.
 * 2017). Its error falls as σ/Λ steps pass and it never rests, as Ĥ is noise; kept for comparison.
 */
public final class Lissa implements InfluenceMethod {

    /** Above the largest eigenvalue of H, and of what a batch makes of it. */
    private static final double MARGIN = 2;

    private static final int POWER_STEPS = 20;

    private final Objective objective;
    private final EvaluatedRows shuffled;
    private final CurvatureOperator curvature;
    private final Random random;
    private final int depth;
    private final int batch;
    private final double scale;

    /**
     * @param rows Not modified.
     * @param depth steps of the series
     * @param batch rows per step
     */
    public Lissa(EvaluatedRows rows, int depth, int batch, long seed) {
        this.objective = rows.objective();
        this.random = new Random(seed);
        List<Row> order = new ArrayList<>(rows.rows());
        Collections.shuffle(order, random);
        this.shuffled = EvaluatedRows.of(objective, rows.theta(), order);
        this.curvature = new CurvatureOperator(shuffled);
        this.depth = depth;
        this.batch = Math.min(batch, rows.count());
        this.scale = MARGIN * largestCurvature();
    }

    private double largestCurvature() {
        double[] v = random.doubles(objective.parameters(), -1, 1).toArray();
        double largest = 0;
        for (int step = 0; step < POWER_STEPS; step++) {
            double norm = Columns.norm(v);
            for (int j = 0; j < v.length; j++) {
                v[j] /= norm;
            }
            v = curvature.multiply(v, 1);
            largest = Columns.norm(v);
        }
        return largest;
    }

    @Override
    public String name() {
        return InfluenceMethods.LISSA.id();
    }

    @Override
    public double[] solve(double[] gradients, int count) {
        double[] g = gradients.clone();
        CurvatureOperator.projectColumns(objective, g);
        double[] v = g.clone();
        double share = (double) shuffled.count() / batch;
        for (int step = 0; step < depth; step++) {
            int from = random.nextInt(shuffled.count() - batch + 1);
            double[] bent = curvature.data(v, count, from, from + batch);
            for (int i = 0; i < v.length; i++) {
                double penalty = objective.penalised(i % objective.columns()) ? objective.l2() * v[i] : 0;
                v[i] += g[i] - (share * bent[i] + penalty) / scale;
            }
        }
        for (int i = 0; i < v.length; i++) {
            v[i] /= scale;
        }
        CurvatureOperator.projectColumns(objective, v);
        return v;
    }

    @Override
    public void close() {
        shuffled.close();
    }
}
