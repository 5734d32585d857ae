package dev.lethe.unlearn.correction;

import dev.lethe.unlearn.correction.Settler.Step;
import dev.lethe.unlearn.curvature.CurvatureProduct;
import dev.lethe.unlearn.curvature.DenseFactor;
import dev.lethe.unlearn.curvature.Preconditioner;
import dev.lethe.unlearn.curvature.SingularCurvatureException;
import dev.lethe.unlearn.curvature.Sums;
import dev.lethe.unlearn.curvature.Sweep;
import dev.lethe.unlearn.linalg.SymmetricMatrix;
import dev.lethe.unlearn.objective.Family;
import dev.lethe.unlearn.objective.Objective;
import dev.lethe.unlearn.objective.Row;
import java.util.Arrays;
import java.util.List;

/** Fits and settles over rows in memory: the reference a retrained model is measured with. */
public final class InMemoryFit {

    private final Objective objective;
    private final List<Row> rows;
    private final double[] perturbation;

    private InMemoryFit(Objective objective, List<Row> rows, double[] perturbation) {
        this.objective = objective;
        this.rows = rows;
        this.perturbation = perturbation;
    }

    /**
     * The model of these rows, from zeros.
     *
     * @param rows Not modified.
     * @param perturbationOrNull b, K·d. Not modified.
     * @return settled, with a factor at its own θ where one is small enough to be kept; the caller closes it
     * @throws IllegalStateException if it does not settle
     */
    public static Anchor fit(Objective objective, List<Row> rows, double[] perturbationOrNull) {
        InMemoryFit fit = new InMemoryFit(objective, rows, perturbationOrNull);
        return fit.run(Settler.first(objective, new double[objective.parameters()]), null);
    }

    /**
     * Settles an anchor.
     *
     * @param anchor with all changes folded in. Closed.
     * @param today the rows it stands over. Not modified.
     * @return settled, with a factor at its own θ where one is small enough to be kept; the caller closes it
     * @throws IllegalStateException if it does not settle
     */
    public static Anchor settle(Anchor anchor, List<Row> today) {
        InMemoryFit fit =
                new InMemoryFit(anchor.objective(), today, anchor.state().perturbation());
        return fit.run(Settler.from(anchor, false), anchor);
    }

    private Anchor run(Settler settler, Anchor start) {
        Anchor current = start;
        Step step = settler.begin();
        while (step instanceof Step.Evaluate || step instanceof Step.Multiply) {
            try {
                if (step instanceof Step.Multiply multiply) {
                    step = settler.product(current, product(multiply));
                    continue;
                }
                Anchor candidate = evaluate((Step.Evaluate) step, current);
                Settler.Decision decision = settler.next(current, candidate);
                current = decision.survivor(current, candidate);
                step = decision.step();
            } catch (SingularCurvatureException e) {
                step = settler.singular(e.getMessage()).step();
            }
        }
        if (step instanceof Step.GiveUp failure) {
            if (current != null) {
                current.close();
            }
            throw new IllegalStateException(failure.code() + ": " + failure.reason());
        }
        return withOwnFactor(current);
    }

    private Anchor withOwnFactor(Anchor settled) {
        if (!DenseFactor.fits(objective)
                || Arrays.equals(settled.theta(), settled.state().thetaFactor())) {
            return settled;
        }
        try {
            Anchor fresh = evaluate(new Step.Evaluate(settled.theta(), true), settled);
            return new Settler.Decision(true, new Step.Settled(false)).survivor(settled, fresh);
        } catch (SingularCurvatureException e) {
            settled.close();
            throw new IllegalStateException("SINGULAR_CURVATURE: " + e.getMessage(), e);
        }
    }

    /** @param current whose K a new factor will take over; null in the first evaluation of a fit */
    private Anchor evaluate(Step.Evaluate where, Anchor current) throws SingularCurvatureException {
        boolean second = where.curvature();
        boolean gram = second && objective.family() != Family.RIDGE && (current == null || !current.lendsGram());
        Sums sums;
        SymmetricMatrix curvature;
        try (Sweep pass =
                new Sweep(objective, where.theta(), new Sweep.Wanted(second, gram, where.preconditioner(), null))) {
            rows.forEach(pass::add);
            curvature = second ? pass.takeCurvature() : null;
            sums = pass.sums();
        }
        Anchor candidate = Anchor.at(objective, where.theta(), perturbation, sums);
        if (second) {
            candidate.install(DenseFactor.build(objective, curvature, sums.gram()), where.theta());
        }
        if (where.preconditioner()) {
            candidate.install(Preconditioner.build(objective, sums));
        }
        return candidate;
    }

    private double[] product(Step.Multiply where) {
        try (CurvatureProduct product = new CurvatureProduct(objective, where.theta(), where.direction())) {
            rows.forEach(product::add);
            return product.product();
        }
    }
}
