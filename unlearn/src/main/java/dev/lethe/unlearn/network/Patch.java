package dev.lethe.unlearn.network;

import dev.lethe.unlearn.network.ActiveInputs.Problem;
import dev.lethe.unlearn.objective.Row;
import dev.lethe.unlearn.objective.RowChange;
import dev.lethe.unlearn.objective.Vectors;
import java.util.List;
import java.util.Optional;

/**
 * Removes, relabels, rectifies and adds rows of a trained network in one go: a few Gauss–Newton steps on the proximal
 * objective, each solved by conjugate gradients, each cut back until its actual change agrees with the predicted one.
 */
public final class Patch implements AutoCloseable {

    /** Below this share of the predicted change a step is halved (Nocedal and Wright, Numerical Optimization, 4.1). */
    private static final double AGREEMENT = 0.25;

    private static final int MAX_HALVINGS = 6;
    /** Changes below this share of the objective are rounding: there is nothing left to gain. */
    private static final double ROUNDING = 1e-12;

    private final PatchPlan plan;
    private final List<Row> sample;
    private final double pull;
    private final ProximalObjective objective;
    private final InverseCurvature preconditioner;

    private Network at;
    /** There: one forward over the sample serves the value, the gradient and the products. */
    private GaussNewton curvature;

    private double value;
    private double predicted;
    private int products;
    private boolean exhausted;

    private Patch(PatchPlan plan, Problem problem, double pull, InverseCurvature preconditioner) {
        this.plan = plan;
        this.sample = problem.sample();
        this.pull = pull;
        this.preconditioner = preconditioner;
        this.at = problem.network();
        this.curvature = new GaussNewton(at, sample, pull);
        this.objective = new ProximalObjective(at, sample, curvature.logits(), problem.changes(), pull);
    }

    /**
     * Computes a patch.
     *
     * @param network trained. Not modified.
     * @param changes at most a few dozen. Not modified.
     * @param sample rows that stay in the training set, all or those of a {@link CurvatureSample}. Not modified.
     * @param trainingRows rows in the training set
     * @param preconditioner for the solves, borrowed; null for none
     */
    public static PatchOutcome of(
            Network network,
            List<RowChange> changes,
            List<Row> sample,
            long trainingRows,
            PatchPlan plan,
            InverseCurvature preconditioner) {
        if (sample.isEmpty()) {
            return new PatchOutcome.Refused("no rows are kept as curvature sample");
        }
        Problem problem = new Problem(network, changes, sample);
        Optional<ActiveInputs> active = preconditioner == null ? ActiveInputs.of(problem) : Optional.empty();
        Problem smaller = active.map(some -> some.narrowed(problem)).orElse(problem);
        try (Patch patch = new Patch(plan, smaller, trainingRows * plan.damping(), preconditioner)) {
            PatchOutcome outcome = patch.run();
            return active.isPresent() && outcome instanceof PatchOutcome.Patched patched
                    ? patched.with(active.get().widened(network, patched.network()))
                    : outcome;
        } catch (DivergedException | NetworkException e) {
            return new PatchOutcome.Refused(e.getMessage());
        }
    }

    private PatchOutcome run() {
        value = objective.startValue();
        double begun = value;
        double[] gradient = objective.startGradient();
        double scale = Vectors.norm(gradient);
        double left = scale;
        int steps = 0;
        while (steps < plan.outerSteps() && left > plan.tolerance() * scale && !exhausted) {
            if (!step(gradient)) {
                return new PatchOutcome.Refused("step " + (steps + 1) + " did not lower the objective as predicted at"
                        + " any length; the change is too large for a patch");
            }
            steps += exhausted ? 0 : 1;
            gradient = exhausted ? gradient : objective.gradient(at, curvature);
            left = Vectors.norm(gradient);
        }
        return new PatchOutcome.Patched(at, predicted, value - begun, scale == 0 ? 0 : left / scale, steps, products);
    }

    /** @return false if no length of the step did as predicted */
    private boolean step(double[] gradient) {
        var solver = new ConjugateGradients(curvature, preconditioner, plan.innerTolerance(), plan.innerSteps());
        ConjugateGradients.Solution solution = solver.solve(gradient);
        products += solution.steps();
        double[] direction = Vectors.plus(new double[gradient.length], -1, solution.solution());
        double slope = Vectors.dot(gradient, direction);
        if (-slope <= ROUNDING * Math.max(1, Math.abs(value))) {
            exhausted = true;
            return true;
        }
        Network from = at;
        double length = 1;
        for (int i = 0; i <= MAX_HALVINGS; i++, length /= 2) {
            double expected = length * slope + length * length / 2 * solution.curved();
            moveTo(from.at(Vectors.plus(from.theta(), length, direction)));
            double reached = objective.value(at, curvature.logits());
            if (reached - value <= AGREEMENT * expected) {
                value = reached;
                predicted += expected;
                return true;
            }
        }
        return false;
    }

    private void moveTo(Network next) {
        curvature.close();
        curvature = new GaussNewton(next, sample, pull);
        at = next;
    }

    @Override
    public void close() {
        curvature.close();
    }
}
