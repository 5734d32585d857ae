package dev.lethe.unlearn.certificate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lethe.unlearn.Samples;
import dev.lethe.unlearn.certificate.Screening.Outcome;
import dev.lethe.unlearn.correction.Anchor;
import dev.lethe.unlearn.correction.Forecast;
import dev.lethe.unlearn.correction.InMemoryFit;
import dev.lethe.unlearn.objective.Family;
import dev.lethe.unlearn.objective.Intercept;
import dev.lethe.unlearn.objective.Objective;
import dev.lethe.unlearn.objective.Row;
import dev.lethe.unlearn.objective.RowChange;
import dev.lethe.unlearn.objective.Transform.LearnedFrom;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The slow-down attack: one subject plants rows that nobody else is like, half with one label and half with the other,
 * and asks for the deletion of one half. The other half then pulls the model far.
 */
class ScreeningTest {

    private static final int ROWS = 4000;
    private static final int PLANTED = 40;
    private static final int HONEST_REQUESTS = 500;
    private static final Objective OBJECTIVE = new Objective(Family.LOGISTIC, 20, 1, Intercept.NONE, 4);
    private static final Eligibility ELIGIBLE = new Eligibility(false, LearnedFrom.NONE, OBJECTIVE);
    /** So few rows as here make the share of one misclassified row 0.08. */
    private static final Screening SCREENING = new Screening(0.1, 0.5);

    private static final PrivacyTerms TERMS = new PrivacyTerms(1, 1e-4, 3, 100_000);

    private List<Row> honest;
    private List<Row> planted;
    private List<Row> today;

    @BeforeEach
    void plant() {
        Random random = new Random(1);
        honest = new ArrayList<>();
        planted = new ArrayList<>();
        for (Row row : new Samples(OBJECTIVE, 1).rows(ROWS)) {
            double[] x = row.x();
            x[19] = 0;
            honest.add(new Row(unit(x), row.y(), 1));
        }
        today = new ArrayList<>(honest);
        for (int i = 0; i < 2 * PLANTED; i++) {
            double[] x = new double[20];
            x[19] = 1;
            x[0] = 0.1 * random.nextGaussian();
            Row row = new Row(unit(x), new double[] {i % 2 == 0 ? -1 : 1}, 1);
            today.add(row);
            if (i % 2 == 0) {
                planted.add(row);
            }
        }
    }

    private static double[] unit(double[] x) {
        double norm = 0;
        for (double v : x) {
            norm += v * v;
        }
        for (int j = 0; j < x.length; j++) {
            x[j] /= Math.sqrt(norm);
        }
        return x;
    }

    /** The attacks first, one request each, then everyone else's. How many of the others get a certified patch. */
    private int certified(int attacks, SubjectShares sharesOrNull) {
        int certified = 0;
        PrivacyBudget budget = PrivacyBudget.open(TERMS);
        try (Anchor anchor = InMemoryFit.fit(OBJECTIVE, today, null)) {
            for (int i = 0; i < attacks + HONEST_REQUESTS; i++) {
                boolean attack = i < attacks;
                Row row = attack ? planted.get(i) : honest.get(i - attacks);
                List<RowChange> change = List.of(RowChange.remove(row));
                if (sharesOrNull != null
                        && !spends(sharesOrNull, attack ? "attacker" : "subject " + i, anchor, change)) {
                    continue;
                }
                anchor.foldGradient(change);
                anchor.foldFactor(change);
                if (!anchor.hasFactor()
                        || !(budget.rule(ELIGIBLE, Exactness.patched(anchor, anchor.correct()), false)
                                instanceof Ruling.Certified)) {
                    return certified;
                }
                certified += attack ? 0 : 1;
            }
        }
        return certified;
    }

    private static boolean spends(SubjectShares shares, String subject, Anchor anchor, List<RowChange> change) {
        return shares.ask(subject, Forecast.of(anchor, change), TERMS.budget()) instanceof Outcome.Spend;
    }

    @Test
    void shouldKeepTheBudgetOfAllFromOneSubject() {
        int undisturbed = certified(0, null);
        int unscreened = certified(PLANTED, null);
        int screened = certified(PLANTED, new SubjectShares(SCREENING));
        System.out.printf(
                "certified requests of others: %d undisturbed, %d under attack, %d with screening%n",
                undisturbed, unscreened, screened);
        assertThat(undisturbed).isGreaterThan(100);
        assertThat(unscreened)
                .as("without screening the attacker ends it for all")
                .isZero();
        assertThat(screened).as("with it the others keep theirs").isGreaterThan(undisturbed * 9 / 10);
    }

    @Test
    void shouldSettleWhatItKeptBack() {
        SubjectShares shares = new SubjectShares(SCREENING);
        List<RowChange> attack = planted.stream().map(RowChange::remove).toList();
        try (Anchor anchor = InMemoryFit.fit(OBJECTIVE, today, null)) {
            assertThat(shares.ask("attacker", Forecast.of(anchor, attack), TERMS.budget()))
                    .isInstanceOfSatisfying(
                            Outcome.SettleFirst.class,
                            kept -> assertThat(kept.code()).isEqualTo("SUBJECT_SHARE"));
            // Settling carries the request out, and then everyone begins again.
            anchor.foldGradient(attack);
            anchor.dropFactor();
            List<Row> left = new ArrayList<>(today);
            left.removeAll(planted);
            try (Anchor settled = InMemoryFit.settle(anchor, left)) {
                shares.settled();
                PrivacyBudget budget = PrivacyBudget.open(TERMS);
                assertThat(budget.rule(ELIGIBLE, Exactness.measured(settled, false), true))
                        .isInstanceOf(Ruling.Certified.class);
                assertThat(spends(shares, "other", settled, List.of(RowChange.remove(honest.get(0)))))
                        .isTrue();
            }
        }
    }

    @Test
    void shouldCountASubjectsRequestsTogether() {
        Screening screening = new Screening(0.1, 0.5);
        Forecast small = new Forecast(0.01, 0.0016);
        assertThat(screening.judge(0, small, 1)).isEqualTo(new Outcome.Spend(0.04));
        assertThat(screening.judge(0.04, small, 1)).isEqualTo(new Outcome.Spend(0.08));
        assertThat(screening.judge(0.08, small, 1))
                .isInstanceOfSatisfying(
                        Outcome.SettleFirst.class,
                        kept -> assertThat(kept.code()).isEqualTo("SUBJECT_SHARE"));
        assertThat(screening.judge(0, new Forecast(Double.NaN, 0), 1)).isInstanceOf(Outcome.SettleFirst.class);
        assertThat(screening.judge(0, new Forecast(0.1, Double.NaN), 1)).isInstanceOf(Outcome.SettleFirst.class);
        assertThatThrownBy(() -> new Screening(0, 0.5)).hasMessageContaining("screening.maxShare");
        assertThatThrownBy(() -> new Screening(0.5, 1.5)).hasMessageContaining("screening.maxLeverage");
    }

    @ParameterizedTest
    @MethodSource("dev.lethe.unlearn.Samples#objectives")
    void shouldForecastWhatFoldingInThenCosts(Objective objective) {
        Samples samples = new Samples(objective, 3);
        List<Row> rows = samples.weightedRows(300);
        List<RowChange> changes = List.of(
                RowChange.remove(rows.get(0)),
                RowChange.replace(rows.get(1), samples.relabelled(rows.get(1))),
                RowChange.add(samples.row(1)));
        try (Anchor anchor = InMemoryFit.fit(objective, rows, null)) {
            Forecast forecast = Forecast.of(anchor, changes);
            assertThat(forecast.leverage()).isBetween(0.0, 1.0);
            anchor.foldGradient(changes);
            anchor.foldFactor(changes);
            double bound = anchor.correct().residualBound();
            if (objective.family() == Family.RIDGE) {
                assertThat(forecast.bound()).isZero();
            } else {
                assertThat(bound / forecast.bound()).isBetween(0.2, 2.0);
            }
        }
    }
}
