package dev.lethe.unlearn.network;

import dev.lethe.unlearn.objective.Row;
import dev.lethe.unlearn.objective.Vectors;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * H⁻¹g by the Neumann series on samples of the rows: v ← g + v − Ĥv/σ, then v/σ, with a new Ĥ each step (Agarwal et al.
 * 2017). It has a result only if the residual with all rows is small at the end; kept for comparison.
 */
public final class Lissa implements InverseCurvature {

    /** Above the largest eigenvalue of H, and of what a batch makes of it. */
    private static final double MARGIN = 2;

    private static final int POWER_STEPS = 20;
    /** ‖v‖ cannot pass ‖g‖·σ/λ unless the series diverges; rounding and noise get this much. */
    private static final double GROWTH = 10;

    private final Network network;
    private final List<Row> rows;
    private final double damping;
    private final int batch;
    private final int depth;
    private final double tolerance;
    private final Random random;
    private final GaussNewton all;
    private final double scale;

    /**
     * @param rows Not modified.
     * @param damping λ for the sum over the rows, above 0
     * @param batch rows per step
     * @param depth steps
     * @param tolerance on ‖g − Hv‖/‖g‖ at the end
     */
    public Lissa(Network network, List<Row> rows, double damping, int batch, int depth, double tolerance, long seed) {
        this.network = network;
        this.rows = rows;
        this.damping = damping;
        this.batch = Math.min(batch, rows.size());
        this.depth = depth;
        this.tolerance = tolerance;
        this.random = new Random(seed);
        this.all = new GaussNewton(network, rows, damping);
        this.scale = MARGIN * largest();
    }

    private double largest() {
        double[] v = random.doubles(size(), -1, 1).toArray();
        double largest = 0;
        for (int step = 0; step < POWER_STEPS; step++) {
            v = all.times(Vectors.plus(new double[v.length], 1 / Vectors.norm(v), v));
            largest = Vectors.norm(v);
        }
        return largest;
    }

    @Override
    public int size() {
        return all.size();
    }

    @Override
    public void multiply(double[] g, double[] out) {
        double[] v = g.clone();
        double limit = GROWTH * Vectors.norm(g) * scale / damping;
        for (int step = 0; step < depth; step++) {
            double[] bent = bent(v);
            for (int i = 0; i < v.length; i++) {
                v[i] += g[i] - bent[i] / scale;
            }
            if (!(Vectors.norm(v) <= limit)) {
                throw new DivergedException(
                        "LiSSA: grew beyond its bound at step " + (step + 1) + "; take larger batches or more damping");
            }
        }
        double[] solution = Vectors.plus(new double[v.length], 1 / scale, v);
        double left = Vectors.norm(Vectors.minus(g, all.times(solution))) / Vectors.norm(g);
        if (!(left <= tolerance)) {
            throw new DivergedException("LiSSA: after " + depth + " steps a residual of " + left + " is left, wanted "
                    + tolerance + "; take more steps, larger batches or more damping");
        }
        System.arraycopy(solution, 0, out, 0, out.length);
    }

    /** Ĥ·v: the sum over a batch, scaled to all rows, and the damping. */
    private double[] bent(double[] v) {
        List<Row> some = new ArrayList<>(batch);
        for (int i = 0; i < batch; i++) {
            some.add(rows.get(random.nextInt(rows.size())));
        }
        try (GaussNewton part = new GaussNewton(network, some, 0)) {
            double share = (double) rows.size() / batch;
            double[] product = part.times(v);
            for (int i = 0; i < v.length; i++) {
                product[i] = share * product[i] + damping * v[i];
            }
            return product;
        }
    }

    @Override
    public void close() {
        all.close();
    }
}
