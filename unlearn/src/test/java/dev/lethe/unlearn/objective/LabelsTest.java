package dev.lethe.unlearn.objective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LabelsTest {

    @ParameterizedTest
    @ValueSource(strings = {"3", "3.0", "+3", "03", "3e0", " 3 ", "30e-1"})
    void shouldCompareNumbersAsNumbers(String label) {
        assertThat(softmax("1", "3.00", "5").y(label)).containsExactly(1);
    }

    @Test
    void shouldTakeMinusZeroForZero() {
        assertThat(softmax("0", "1").y("-0.0")).containsExactly(0);
    }

    @Test
    void shouldTellLargeIntegersApart() {
        assertThat(softmax("9007199254740992", "9007199254740993").y("9007199254740993"))
                .containsExactly(1);
    }

    @Test
    void shouldCompareTextsExactlyWhereOneClassIsNoNumber() {
        Labels labels = softmax("1", "two", "Two");

        assertThat(labels.y("Two")).containsExactly(2);
        assertThat(labels.y("1.0")).isNull();
        assertThat(labels.y(" two")).isNull();
    }

    @Test
    void shouldMakeTheSecondLogisticClassPositive() {
        Labels labels = Labels.of(objective(Family.LOGISTIC, 1), List.of("-1", "1"));

        assertThat(labels.y("+1")).containsExactly(1);
        assertThat(labels.y("-1.0")).containsExactly(-1);
    }

    @Test
    void shouldReadOneTargetPerOutput() {
        assertThat(Labels.of(objective(Family.RIDGE, 1), List.of()).y("-2.5")).containsExactly(-2.5);
        assertThat(Labels.of(objective(Family.RIDGE, 2), List.of()).y("1, 2e-1"))
                .containsExactly(1, 0.2);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "NaN", "Infinity", "1,2", "1e999", "x", "0x10"})
    void shouldRefuseOtherTargets(String label) {
        assertThat(Labels.of(objective(Family.RIDGE, 1), List.of()).y(label)).isNull();
    }

    @ParameterizedTest
    @ValueSource(strings = {"4", "", "NaN", "1e-99999999999", "1e99999999999"})
    void shouldNotKnowOtherClasses(String label) {
        assertThat(softmax("1", "2").y(label)).isNull();
        assertThat(softmax("1", "2").y(null)).isNull();
    }

    @Test
    void shouldRefuseDuplicateClasses() {
        assertThatThrownBy(() -> softmax("1", "2", "1.0"))
                .hasMessageContaining("position 2")
                .hasMessageContaining("position 0");
        assertThatThrownBy(() -> softmax("a", "a")).hasMessageContaining("classes");
        assertThat(softmax("1", "1.0", "a").y("1.0")).containsExactly(1);
    }

    @Test
    void shouldRefuseAnotherNumberOfClasses() {
        assertThatThrownBy(() -> Labels.of(objective(Family.LOGISTIC, 1), List.of("a")))
                .hasMessageContaining("expects 2 classes");
        assertThatThrownBy(() -> Labels.of(objective(Family.RIDGE, 1), List.of("a")))
                .hasMessageContaining("expects 0 classes");
    }

    private static Labels softmax(String... classes) {
        return Labels.of(objective(Family.SOFTMAX, classes.length), List.of(classes));
    }

    private static Objective objective(Family family, int outputs) {
        return new Objective(family, 2, outputs, Intercept.NONE, 1);
    }
}
