package dev.lethe.unlearn.golden;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import dev.lethe.unlearn.Samples;
import dev.lethe.unlearn.correction.Anchor;
import dev.lethe.unlearn.correction.Correction;
import dev.lethe.unlearn.correction.InMemoryFit;
import dev.lethe.unlearn.correction.Verdict;
import dev.lethe.unlearn.curvature.DenseFactor;
import dev.lethe.unlearn.objective.Family;
import dev.lethe.unlearn.objective.Intercept;
import dev.lethe.unlearn.objective.Objective;
import dev.lethe.unlearn.objective.Row;
import dev.lethe.unlearn.objective.RowChange;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The worked example: a line y = m·x + b through (0,0), (1,1.5), (2,2), no penalty, θ = (m, b). */
class ThesisLineTest {

    private static final double EXACT = 1e-12;
    private static final Objective LINE = new Objective(Family.RIDGE, 1, 1, Intercept.FREE, 0);
    private static final List<Row> POINTS = List.of(point(0, 0), point(1, 1.5), point(2, 2));
    private static final double[][] REFITS = {{0.5, 1}, {1, 0}, {1.5, 0}};

    private static Row point(double x, double y) {
        return new Row(new double[] {x, 1}, new double[] {y}, 1);
    }

    @Test
    void shouldFitTheLine() {
        try (Anchor fit = InMemoryFit.fit(LINE, POINTS, null)) {
            assertThat(fit.theta()).containsExactly(new double[] {1, 1 / 6.0}, within(EXACT));
        }
    }

    @Test
    void shouldGiveTheInfluences() {
        double[][] expected = {{1 / 12.0, -5 / 36.0}, {0, 1 / 9.0}, {-1 / 12.0, 1 / 36.0}};
        double[] theta = {1, 1 / 6.0};
        try (DenseFactor factor = Samples.factor(LINE, theta, POINTS)) {
            for (int i = 0; i < expected.length; i++) {
                double[] gradient =
                        Samples.pass(LINE, theta, List.of(POINTS.get(i)), false).gradient();
                double[] influence = new double[2];
                factor.multiply(gradient, influence);
                assertThat(new double[] {-influence[0], -influence[1]}).containsExactly(expected[i], within(EXACT));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2})
    void shouldBeTheRefitAfterARemoval(int removed) {
        try (Anchor anchor = InMemoryFit.fit(LINE, POINTS, null)) {
            List<RowChange> change = List.of(RowChange.remove(POINTS.get(removed)));
            anchor.foldGradient(change);
            anchor.foldFactor(change);
            Correction correction = anchor.correct();
            assertThat(correction.theta()).containsExactly(REFITS[removed], within(EXACT));
            assertThat(correction.verdict()).isEqualTo(new Verdict.Patched());
        }
    }

    @Test
    void shouldMatchTheReferenceFile() {
        JsonNode json = GoldenCase.readJson(
                GoldenCase.shared().resolve("golden").resolve("thesis_line").resolve("case.json"));
        for (JsonNode removal : json.get("exact_removal")) {
            JsonNode theta = removal.get("theta");
            assertThat(new double[] {theta.get(0).asDouble(), theta.get(1).asDouble()})
                    .containsExactly(REFITS[removal.get("removed").asInt()], within(EXACT));
        }
    }
}
