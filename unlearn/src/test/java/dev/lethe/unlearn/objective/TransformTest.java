package dev.lethe.unlearn.objective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lethe.unlearn.objective.Transform.LearnedFrom;
import dev.lethe.unlearn.objective.Transform.RowNorm;
import org.junit.jupiter.api.Test;

class TransformTest {
    private static final double[] NOTHING = {};

    @Test
    void shouldSubtractThenDivideThenNormalise() {
        Transform transform = new Transform(new double[] {1}, new double[] {2, 4}, RowNorm.L2, LearnedFrom.PUBLIC);

        assertThat(transform.apply(new double[] {7, 17})).containsExactly(3 / 5.0, 4 / 5.0);
    }

    @Test
    void shouldKeepAZeroRowZero() {
        assertThat(normalising().apply(new double[] {0, 0})).containsExactly(0, 0);
    }

    @Test
    void shouldNormaliseRowsWhoseSquaresOverflowOrVanish() {
        double half = Math.sqrt(0.5);

        assertThat(normalising().apply(new double[] {1e300, 1e300}))
                .containsExactly(new double[] {half, half}, within(1e-15));
        assertThat(normalising().apply(new double[] {1e-300, 0})).containsExactly(1, 0);
        assertThat(normalising().apply(new double[] {Double.MIN_VALUE, 0})).containsExactly(1, 0);
    }

    @Test
    void shouldNotModifyRawFeaturesNorItself() {
        double[] constants = {2};
        double[] raw = {4, 6};
        Transform transform = new Transform(NOTHING, constants, RowNorm.NONE, LearnedFrom.NONE);
        constants[0] = 100;
        transform.divide()[0] = 100;

        assertThat(transform.apply(raw)).containsExactly(2, 3);
        assertThat(raw).containsExactly(4, 6);
        assertThat(transform).isEqualTo(new Transform(NOTHING, new double[] {2}, RowNorm.NONE, LearnedFrom.NONE));
    }

    @Test
    void shouldRefuseAZeroDivisor() {
        assertThatThrownBy(() -> new Transform(NOTHING, new double[] {1, -0.0}, RowNorm.NONE, LearnedFrom.NONE))
                .hasMessageContaining("transform.divide")
                .hasMessageContaining("position 1");
    }

    @Test
    void shouldRefuseConstantsThatAreNotFinite() {
        assertThatThrownBy(() -> new Transform(new double[] {Double.NaN}, NOTHING, RowNorm.NONE, LearnedFrom.NONE))
                .hasMessageContaining("transform.subtract");
    }

    @Test
    void shouldRefuseConstantsOfAnotherLength() {
        Transform transform = new Transform(new double[3], NOTHING, RowNorm.NONE, LearnedFrom.NONE);

        assertThatThrownBy(() -> transform.requireFits(2)).hasMessageContaining("each of 2 features, got 3");
    }

    private static Transform normalising() {
        return new Transform(NOTHING, NOTHING, RowNorm.L2, LearnedFrom.NONE);
    }
}
