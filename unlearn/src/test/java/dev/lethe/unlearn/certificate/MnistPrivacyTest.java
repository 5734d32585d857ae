package dev.lethe.unlearn.certificate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.lethe.unlearn.Samples;
import dev.lethe.unlearn.correction.Anchor;
import dev.lethe.unlearn.correction.InMemoryFit;
import dev.lethe.unlearn.curvature.DenseFactor;
import dev.lethe.unlearn.curvature.SingularCurvatureException;
import dev.lethe.unlearn.curvature.Sums;
import dev.lethe.unlearn.golden.GoldenCase;
import dev.lethe.unlearn.objective.Objective;
import dev.lethe.unlearn.objective.Predictor;
import dev.lethe.unlearn.objective.Row;
import dev.lethe.unlearn.objective.RowChange;
import dev.lethe.unlearn.objective.Transform.LearnedFrom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The (ε, δ) figures of the design, on MNIST 3 against 8: n = 11 982, d = 784, Λ = 1e-3·n. */
class MnistPrivacyTest {

    private static final PrivacyTerms TERMS = new PrivacyTerms(1, 1e-4, 10, 1_000_000);
    private static final int DRAWS = 10;

    private static GoldenCase golden;
    private static Objective objective;
    private static Eligibility eligible;
    private static Sums atMinimum;

    @BeforeAll
    static void fitWithoutNoise() {
        golden = GoldenCase.open("mnist38_logistic");
        objective = golden.objective();
        eligible = new Eligibility(false, LearnedFrom.NONE, objective);
        atMinimum = Samples.pass(objective, golden.thetaFull(), golden.rows(), true);
    }

    /** The model under a new b, from the minimum without one. Seeded, so that the figures are the same every time. */
    private static Anchor draw(long seed) throws SingularCurvatureException {
        double[] b = new double[objective.parameters()];
        Random random = new Random(seed);
        Arrays.setAll(b, i -> TERMS.sigma() * random.nextGaussian());
        Anchor anchor = Anchor.at(objective, golden.thetaFull(), b, atMinimum);
        anchor.install(DenseFactor.build(objective, atMinimum), golden.thetaFull());
        return InMemoryFit.settle(anchor, golden.rows());
    }

    @Test
    void shouldHaveTheBudgetOfTheDesign() {
        assertThat(golden.rows()).hasSize(11_982);
        assertThat(objective.l2()).isCloseTo(11.982, within(1e-9));
        assertThat(TERMS.budget()).isCloseTo(2.2803, within(1e-4));
    }

    @Test
    void shouldCertifyNineHundredRandomRemovalsWithoutAPassAndGoOnAfterSettling() throws Exception {
        List<Row> today = new ArrayList<>(golden.rows());
        Collections.shuffle(today, new Random(38));
        Anchor anchor = draw(38);
        PrivacyBudget budget = certify(PrivacyBudget.open(TERMS), Exactness.measured(anchor, false), true);
        int removed = 0;
        while (removed < 2000) {
            List<RowChange> change = List.of(RowChange.remove(today.remove(today.size() - 1)));
            anchor.foldGradient(change);
            anchor.foldFactor(change);
            Ruling ruling = budget.rule(eligible, Exactness.patched(anchor, anchor.correct()), false);
            if (!(ruling instanceof Ruling.Certified certified)) {
                assertThat(ruling).isInstanceOf(Ruling.SettleFirst.class);
                break;
            }
            budget = certified.after();
            removed++;
        }
        System.out.printf("certified removals on one anchor: %d, spent %.4f%n", removed, budget.spent());
        assertThat(removed).isBetween(900, 1999);
        try (Anchor settled = InMemoryFit.settle(anchor, today)) {
            budget = certify(budget, Exactness.measured(settled, false), true);
            assertThat(budget.spent()).isLessThan(1e-6);
            assertThat(budget.versions()).isEqualTo(removed + 2);
        }
    }

    private static PrivacyBudget certify(PrivacyBudget budget, Exactness exactness, boolean afterSettling) {
        Ruling ruling = budget.rule(eligible, exactness, afterSettling);
        assertThat(ruling).isInstanceOf(Ruling.Certified.class);
        return ((Ruling.Certified) ruling).after();
    }

    @Test
    void shouldPayLittleAccuracyForTheNoise() throws Exception {
        List<Row> test = GoldenCase.mnist38("t10k");
        double[] accuracies = new double[DRAWS];
        for (int i = 0; i < DRAWS; i++) {
            try (Anchor anchor = draw(i)) {
                double[] theta = anchor.theta();
                long right = test.stream()
                        .filter(row -> Predictor.logits(objective, theta, row.x())[0] * row.y()[0] > 0)
                        .count();
                accuracies[i] = (double) right / test.size();
            }
        }
        Arrays.sort(accuracies);
        double median = (accuracies[DRAWS / 2 - 1] + accuracies[DRAWS / 2]) / 2;
        System.out.printf(
                "test accuracy over %d draws of b: median %.4f, %s%n", DRAWS, median, Arrays.toString(accuracies));
        assertThat(median).isGreaterThanOrEqualTo(0.947);
    }
}
