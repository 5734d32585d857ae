package dev.lethe.unlearn.validation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import dev.lethe.unlearn.objective.Family;
import dev.lethe.unlearn.objective.Intercept;
import dev.lethe.unlearn.objective.Objective;
import dev.lethe.unlearn.objective.Row;
import dev.lethe.unlearn.validation.Metrics.Allowance;
import java.util.OptionalDouble;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ValidationSetTest {
    private static final Allowance NOTHING = new Allowance(OptionalDouble.empty(), OptionalDouble.empty());

    private static Objective objective(Family family, int outputs) {
        return new Objective(family, 2, outputs, Intercept.NONE, 1);
    }

    @Test
    void shouldWeighLossAndAccuracy() {
        ValidationSet rows = new ValidationSet(objective(Family.LOGISTIC, 1));
        rows.put("a", new Row(new double[] {1, 0}, new double[] {1}, 3));
        rows.put("b", new Row(new double[] {0, 1}, new double[] {1}, 1));

        Metrics metrics = rows.metrics(new double[] {Math.log(3), -Math.log(3)});

        // Row a: log(1 + 1/3), right; row b: log(1 + 3), wrong.
        assertThat(metrics.loss()).isCloseTo((3 * Math.log(4 / 3.0) + Math.log(4)) / 4, within(1e-15));
        assertThat(metrics.accuracy().getAsDouble()).isEqualTo(0.75);
    }

    @Test
    void shouldHaveNoAccuracyForTargets() {
        ValidationSet rows = new ValidationSet(objective(Family.RIDGE, 1));
        rows.put("a", new Row(new double[] {1, 2}, new double[] {5}, 1));

        Metrics metrics = rows.metrics(new double[] {1, 1});

        assertThat(metrics.loss()).isEqualTo(0.5 * 2 * 2);
        assertThat(metrics.accuracy()).isEmpty();
    }

    @Test
    void shouldCountAReplacedRowOnceAndARemovedOneNot() {
        ValidationSet rows = new ValidationSet(objective(Family.SOFTMAX, 3));
        rows.put("a", new Row(new double[] {1, 0}, new double[] {0}, 1));
        rows.put("a", new Row(new double[] {1, 0}, new double[] {2}, 1));
        rows.put("b", new Row(new double[] {0, 1}, new double[] {1}, 1));
        double[] theta = {0, 0, 0, 1, 1, 0};

        assertThat(rows.metrics(theta).accuracy().getAsDouble()).isEqualTo(1);
        assertThat(rows.remove("a")).isTrue();
        assertThat(rows.remove("a")).isFalse();
        assertThat(rows.metrics(theta).rows()).isEqualTo(1);
    }

    @Test
    void shouldTakeNoMoreThanItsLimit() {
        Objective wide = new Objective(Family.SOFTMAX, 4000, 10, Intercept.NONE, 1);
        ValidationSet rows = new ValidationSet(wide);
        Row row = new Row(new double[4000], new double[] {0}, 1);
        int limit = ValidationSet.limit(wide);
        IntStream.range(0, limit)
                .forEach(i -> assertThat(rows.put("r" + i, row)).isTrue());

        assertThat(rows.put("one more", row)).isFalse();
        assertThat(rows.put("r0", row)).isTrue();
        assertThat(rows.size()).isEqualTo(limit);
    }

    @Test
    void shouldFallBehindOnlyBeyondTheAllowance() {
        Metrics champion = new Metrics(100, 1.0, OptionalDouble.of(0.9));
        Metrics candidate = new Metrics(100, 1.125, OptionalDouble.of(0.875));

        assertThat(candidate.fallsBehind(champion, NOTHING)).isEmpty();
        assertThat(candidate.fallsBehind(champion, allowance(0.05, 0.125))).isEmpty();
        assertThat(candidate.fallsBehind(champion, allowance(0.02, 0.5)).orElseThrow())
                .contains("accuracy");
        assertThat(candidate.fallsBehind(champion, allowance(0.5, 0.0625)).orElseThrow())
                .contains("loss");
        assertThat(new Metrics(100, Double.POSITIVE_INFINITY, OptionalDouble.of(1)).fallsBehind(champion, NOTHING))
                .isPresent();
    }

    private static Allowance allowance(double drop, double rise) {
        return new Allowance(OptionalDouble.of(drop), OptionalDouble.of(rise));
    }

    @Test
    void shouldHoldOutTheAskedShareByTheIdAlone() {
        for (double fraction : new double[] {0.05, 0.2, 0.5}) {
            Holdout holdout = new Holdout(fraction);
            long held = IntStream.range(0, 20_000)
                    .filter(i -> holdout.contains("sample-" + i))
                    .count();
            // Three standard deviations of a binomial.
            double spread = 3 * Math.sqrt(20_000 * fraction * (1 - fraction));
            assertThat((double) held).isCloseTo(20_000 * fraction, within(spread));
        }
        assertThat(Holdout.NONE.contains("any")).isFalse();
        assertThatIllegalArgumentException().isThrownBy(() -> new Holdout(1));
    }

    @Test
    void shouldKeepHoldingOutWithALargerShare() {
        Holdout small = new Holdout(0.1);
        Holdout large = new Holdout(0.3);
        assertThat(IntStream.range(0, 5_000).mapToObj(i -> "s" + i).filter(small::contains))
                .allMatch(large::contains);
    }
}
