package dev.lethe.unlearn.curvature;

import dev.lethe.unlearn.objective.Gauge;
import dev.lethe.unlearn.objective.Loss;
import dev.lethe.unlearn.objective.Objective;
import dev.lethe.unlearn.objective.Predictor;
import dev.lethe.unlearn.objective.Row;
import dev.lethe.unlearn.objective.Vectors;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;

/**
 * P as a procedure: P·g is solved for by conjugate gradients on products with the rows, and nothing p × p is ever kept.
 * Rows taken in and out are signed terms of the products, so every update is exact.
 *
 * <p>A solve stops at ‖g − Hu‖ ≤ 1e-13·‖g‖, the residual computed anew and not by recursion; is started again on what is
 * left while that helps (rounding); and is refused above 1e-8·‖g‖, after {@value #MAX_STEPS} products, or where a
 * direction has no positive curvature. So no answer is ever an unfinished one.
 */
public final class ConjugateGradientFactor implements Factor {

    private static final double TOLERANCE = 1e-13;
    private static final double LOOSEST = 1e-8;
    private static final double LEVERAGE_TOLERANCE = 1e-9;
    private static final int MAX_STEPS = 10_000;
    /** A restart that does not halve the residual has reached rounding. */
    private static final double RESTART_GAIN = 0.5;

    private static final int POWER_ITERATIONS = 20;

    private final Objective objective;
    private final Iterable<Row> rows;
    private final double[] theta;
    private final Preconditioner preconditioner;
    private final CurvatureProduct product;
    private final List<Row> added = new ArrayList<>();
    private final List<Row> removed = new ArrayList<>();
    private double quality;

    /**
     * @param rows read again in every product: must stay as they are while this factor lives. Not modified.
     * @param theta θ_P, K·d. Not modified.
     * @throws SingularCurvatureException with Λ = 0, where a curvature cannot be seen to be definite by products
     */
    public ConjugateGradientFactor(Objective objective, Iterable<Row> rows, double[] theta)
            throws SingularCurvatureException {
        if (objective.l2() == 0) {
            throw new SingularCurvatureException("conjugate gradients need l2 > 0, got 0");
        }
        this.objective = objective;
        this.rows = rows;
        this.theta = theta.clone();
        try (PreconditionerSums sums = new PreconditionerSums(objective, theta)) {
            rows.forEach(sums::add);
            Sums statistics = Sums.empty(objective, false, false).withPreconditioner(sums.statistics());
            this.preconditioner = Preconditioner.build(objective, statistics);
        }
        this.product = new CurvatureProduct(objective, theta, theta);
        this.quality = penaltyShare();
    }

    /** Λ / max H_jj: no pivot of H is below Λ, so no column is explained by others but for this part of it. */
    private double penaltyShare() {
        double[] largest = {0};
        double bound = Loss.of(objective.family()).curvatureBound();
        double[] diagonal = new double[objective.columns()];
        rows.forEach(row -> {
            for (int j = 0; j < diagonal.length; j++) {
                diagonal[j] += bound * row.weight() * row.x()[j] * row.x()[j];
                largest[0] = Math.max(largest[0], diagonal[j]);
            }
        });
        return objective.l2() / (objective.l2() + largest[0]);
    }

    /** {@inheritDoc} @throws IllegalStateException if the solve fails, saying why */
    @Override
    public void multiply(double[] g, double[] out) {
        double[] wanted = g.clone();
        Gauge.project(objective, wanted);
        double scale = Vectors.norm(wanted);
        double[] solution = new double[g.length];
        double[] left = wanted;
        double before = Double.POSITIVE_INFINITY;
        double norm = scale;
        while (norm > TOLERANCE * scale && norm < RESTART_GAIN * before) {
            // At the rounding level a direction may seem flat: whether the answer will do, the residual says.
            double[] step = solve(left, TOLERANCE * scale / 2).solution();
            solution = Vectors.plus(solution, 1, step);
            left = Vectors.minus(wanted, curvatureTimes(solution));
            before = norm;
            norm = Vectors.norm(left);
        }
        if (!(norm <= LOOSEST * scale)) {
            throw new IllegalStateException("conjugate gradients: residual " + norm / scale
                    + " of the right side is left, wanted at most " + LOOSEST + "; the curvature is nearly singular");
        }
        System.arraycopy(solution, 0, out, 0, out.length);
    }

    private ConjugateGradient solve(double[] g, double tolerance) {
        var solve = new ConjugateGradient(objective, g, preconditioner, tolerance, MAX_STEPS);
        while (solve.state() == ConjugateGradient.State.RUNNING) {
            solve.product(dataTimes(solve.direction()));
        }
        return solve;
    }

    private double[] curvatureTimes(double[] v) {
        return ConjugateGradient.withPenalty(objective, v, dataTimes(v));
    }

    private double[] dataTimes(double[] v) {
        double[] sum = dataTimes(v, sums -> {
            rows.forEach(sums::add);
            added.forEach(sums::add);
        });
        return removed.isEmpty() ? sum : Vectors.minus(sum, dataTimes(v, sums -> removed.forEach(sums::add)));
    }

    private double[] dataTimes(double[] v, Consumer<CurvatureProduct> source) {
        product.restart(v);
        source.accept(product);
        return product.product();
    }

    /** {@inheritDoc} Takes K − 1 solves per softmax row, one otherwise. @param thetaFactor must be θ_P. */
    @Override
    public FactorUpdate update(List<Row> additions, List<Row> removals, double[] thetaFactor) {
        FactorUpdate met = FactorUpdate.NONE;
        for (Row row : additions) {
            double leverage = leverage(row);
            added.add(row);
            met = met.and(new FactorUpdate(leverage / (1 + leverage), 1, true));
        }
        int before = removed.size();
        for (Row row : removals) {
            double leverage = leverage(row);
            boolean definite = 1 - leverage > DenseFactor.MIN_REMAINDER;
            met = met.and(new FactorUpdate(leverage, 1 - leverage, definite));
            if (!definite) {
                removed.subList(before, removed.size()).clear();
                return met;
            }
            removed.add(row);
        }
        quality = Math.min(quality, met.minRemainder());
        return met;
    }

    /** {@inheritDoc} For several rows the sum of what each has. @param thetaFactor must be θ_P. */
    @Override
    public double leverage(List<Row> of, double[] thetaFactor) {
        return of.stream().mapToDouble(this::leverage).sum();
    }

    /** Largest eigenvalue of UᵀPU, U the curvature roots of one row. */
    private double leverage(Row row) {
        try (RootPanel panel = new RootPanel(objective, RootPanel.rank(objective));
                Leverages leverages = new Leverages(panel.rank())) {
            panel.fill(List.of(row), theta);
            int rank = panel.columns();
            int size = Sums.curvatureSize(objective);
            double[] roots = new double[size * rank];
            panel.pointer().get(roots);
            double[] core = new double[rank * rank];
            double[] root = new double[objective.parameters()];
            for (int c = 0; c < rank; c++) {
                // Ridge: the first output stands for all, their curvature is the same.
                System.arraycopy(roots, c * size, root, 0, size);
                double[] solved = leverageSolve(root);
                for (int r = 0; r < rank; r++) {
                    for (int i = 0; i < size; i++) {
                        core[c * rank + r] += roots[r * size + i] * solved[i];
                    }
                }
            }
            return leverages.largest(core, rank);
        }
    }

    /** uᵀPu errs by the square of what a solve errs by, so that a looser one will do. */
    private double[] leverageSolve(double[] root) {
        ConjugateGradient solve = solve(root, LEVERAGE_TOLERANCE * Vectors.norm(root));
        double[] solved = solve.solution();
        if (solve.state() != ConjugateGradient.State.CONVERGED) {
            multiply(root, solved);
        }
        return solved;
    }

    @Override
    public double gramForm(double[] v) {
        double[] sum = {0};
        Consumer<Row> add = row -> sum[0] += form(v, row);
        rows.forEach(add);
        added.forEach(add);
        removed.forEach(row -> sum[0] -= form(v, row));
        return Math.max(0, sum[0]);
    }

    private double form(double[] v, Row row) {
        double[] z = Predictor.logits(objective, v, row.x());
        return row.weight() * Vectors.dot(z, z);
    }

    /** {@inheritDoc} Here a bound from below, Λ over the largest diagonal value that H can have. */
    @Override
    public double quality() {
        return quality;
    }

    /** ‖P·Hx − x‖ / ‖x‖ for one random x: the error of a solve. */
    @Override
    public double drift() {
        double[] x = probe();
        double[] solved = new double[x.length];
        multiply(curvatureTimes(x), solved);
        return Vectors.norm(Vectors.minus(solved, x)) / Vectors.norm(x);
    }

    @Override
    public double smallestCurvature() {
        double[] v = probe();
        double[] product = new double[v.length];
        double largest = 0;
        for (int i = 0; i < POWER_ITERATIONS; i++) {
            multiply(v, product);
            largest = Vectors.norm(product) / Vectors.norm(v);
            System.arraycopy(product, 0, v, 0, v.length);
        }
        return 1 / largest;
    }

    private double[] probe() {
        int length = objective.parameters();
        double[] v = new Random(length).doubles(length, -1, 1).toArray();
        Gauge.project(objective, v);
        return v;
    }

    @Override
    public void close() {
        preconditioner.close();
        product.close();
    }
}
