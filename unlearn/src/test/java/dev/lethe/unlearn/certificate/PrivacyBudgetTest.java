package dev.lethe.unlearn.certificate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lethe.unlearn.objective.Family;
import dev.lethe.unlearn.objective.Intercept;
import dev.lethe.unlearn.objective.Objective;
import dev.lethe.unlearn.objective.Transform.LearnedFrom;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PrivacyBudgetTest {

    private static final PrivacyTerms TERMS = new PrivacyTerms(1, 1e-4, 10, 3);
    private static final Objective OBJECTIVE = new Objective(Family.LOGISTIC, 4, 1, Intercept.PENALISED, 1);
    private static final Eligibility ELIGIBLE = new Eligibility(false, LearnedFrom.PUBLIC, OBJECTIVE);

    private static Exactness residual(Double residual) {
        return new Exactness(residual, null, residual, null, null, List.of());
    }

    @Test
    void shouldComputeTheBudgetOfGuoEtAl() {
        assertThat(TERMS.c()).isCloseTo(4.3853, within(1e-4));
        assertThat(TERMS.budget()).isCloseTo(2.2803, within(1e-4));
        assertThat(PrivacyBudget.open(TERMS).claimScope()).isEqualTo("single-version, non-adaptive");
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, -1, 1.0000001, Double.NaN, Double.POSITIVE_INFINITY})
    void shouldRefuseAnEpsilonThatTheTheoremDoesNotCover(double epsilon) {
        assertThatThrownBy(() -> new PrivacyTerms(epsilon, 1e-4, 10, 3))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("privacy.epsilon: expected 0 < epsilon <= 1, got " + epsilon);
    }

    @Test
    void shouldRefuseOtherTermsThatMakeNoSense() {
        assertThatThrownBy(() -> new PrivacyTerms(1, 1, 10, 3)).hasMessageContaining("privacy.delta");
        assertThatThrownBy(() -> new PrivacyTerms(1, 0, 10, 3)).hasMessageContaining("privacy.delta");
        assertThatThrownBy(() -> new PrivacyTerms(1, 0.1, 0, 3)).hasMessageContaining("privacy.sigma");
        assertThatThrownBy(() -> new PrivacyTerms(1, 0.1, 1, 0)).hasMessageContaining("maxVersionsPerNoise");
    }

    @Test
    void shouldCertifyWhatIsWithinTheBudgetAndCountIt() {
        Ruling ruling = PrivacyBudget.open(TERMS).rule(ELIGIBLE, residual(2.0), false);
        assertThat(ruling).isInstanceOfSatisfying(Ruling.Certified.class, certified -> {
            assertThat(certified.after().spent()).isEqualTo(2.0);
            assertThat(certified.after().remaining()).isCloseTo(0.2803, within(1e-4));
            assertThat(certified.after().versions()).isEqualTo(1);
        });
    }

    @Test
    void shouldSettleFirstAndRefitOnlyWhenThatDidNotHelp() {
        PrivacyBudget budget = PrivacyBudget.open(TERMS);
        assertThat(budget.rule(ELIGIBLE, residual(2.3), false)).isInstanceOf(Ruling.SettleFirst.class);
        assertThat(budget.rule(ELIGIBLE, residual(Double.NaN), false)).isInstanceOf(Ruling.SettleFirst.class);
        assertThat(budget.rule(ELIGIBLE, residual(null), false)).isInstanceOf(Ruling.SettleFirst.class);
        assertThat(budget.rule(ELIGIBLE, residual(2.3), true))
                .isInstanceOfSatisfying(
                        Ruling.RefitWithFreshNoise.class,
                        refit -> assertThat(refit.code()).isEqualTo(PrivacyBudget.RESIDUAL_TOO_LARGE));
    }

    @Test
    void shouldGetTheBudgetBackBySettling() {
        PrivacyBudget spent = new PrivacyBudget(TERMS, "n", 1, 2.2);
        assertThat(spent.rule(ELIGIBLE, residual(1e-9), true))
                .isInstanceOfSatisfying(
                        Ruling.Certified.class,
                        certified -> assertThat(certified.after().remaining()).isCloseTo(2.2803, within(1e-4)));
    }

    @Test
    void shouldDemandFreshNoiseAfterSoManyVersions() {
        PrivacyBudget budget = PrivacyBudget.open(TERMS);
        for (int i = 0; i < 3; i++) {
            budget = ((Ruling.Certified) budget.rule(ELIGIBLE, residual(0.1), false)).after();
        }
        assertThat(budget.rule(ELIGIBLE, residual(0.0), true))
                .isInstanceOfSatisfying(
                        Ruling.RefitWithFreshNoise.class,
                        refit -> assertThat(refit.code()).isEqualTo(PrivacyBudget.NOISE_USED_UP));
        PrivacyBudget fresh = budget.withFreshNoise();
        assertThat(fresh.versions()).isZero();
        assertThat(fresh.noiseId()).isNotEqualTo(budget.noiseId()).hasSize(32);
    }

    @Test
    void shouldNeverCertifyWhatTheNoiseDoesNotCover() {
        Objective free = new Objective(Family.LOGISTIC, 4, 1, Intercept.FREE, 1);
        Objective bare = new Objective(Family.RIDGE, 4, 1, Intercept.NONE, 0);
        assertNotCertified(new Eligibility(true, LearnedFrom.NONE, OBJECTIVE), Eligibility.IMPORTED);
        assertNotCertified(new Eligibility(false, LearnedFrom.THIS_DATASET, OBJECTIVE), Eligibility.LEARNED_TRANSFORM);
        assertNotCertified(new Eligibility(false, LearnedFrom.NONE, free), Eligibility.NOT_STRONGLY_CONVEX);
        assertNotCertified(new Eligibility(false, LearnedFrom.NONE, bare), Eligibility.NOT_STRONGLY_CONVEX);
    }

    private static void assertNotCertified(Eligibility eligibility, String code) {
        assertThat(PrivacyBudget.open(TERMS).rule(eligibility, residual(0.0), true))
                .isInstanceOfSatisfying(
                        Ruling.NotCertified.class,
                        refused -> assertThat(refused.code()).isEqualTo(code));
    }

    @Test
    void shouldRefuseAnAccountThatCannotBe() {
        assertThatThrownBy(() -> new PrivacyBudget(TERMS, "n", 4, 0)).hasMessageContaining("expected 0 to 3, got 4");
        assertThatThrownBy(() -> new PrivacyBudget(TERMS, "n", 0, 3)).hasMessageContaining("spent: expected 0 to");
        assertThatThrownBy(() -> new PrivacyBudget(TERMS, " ", 0, 0)).hasMessageContaining("noise id");
    }
}
