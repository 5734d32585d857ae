package dev.lethe.unlearn.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Optional;
import org.junit.jupiter.api.Test;

/** When a network has to be fitted again. */
class LimitsTest {
    private static final Limits LIMITS = new Limits(0.6, 0.25, 0.1, 0.1);

    private static Drift drift(long changes, long forgotten, double auc, double predictionChange) {
        return new Drift(changes, 1_000, forgotten, auc * forgotten, 500, predictionChange, 0.4);
    }

    private static Evidence evidence(double validationLoss) {
        return new Evidence(0.1, 0.1, validationLoss, 0.9, 0.01, 0.5);
    }

    private static Optional<String> code(Drift drift, double validationLoss) {
        return LIMITS.crossed(drift, evidence(validationLoss)).map(Limits.Crossing::code);
    }

    @Test
    void shouldLetAQuietNetworkBe() {
        assertThat(code(drift(100, 90, 0.55, 0.1), 0.5)).isEmpty();
        assertThat(code(drift(3, 0, 0, 0), Double.NaN)).isEmpty();
    }

    @Test
    void shouldNotTrustAPatchThatHarmsOrLeavesTraces() {
        assertThat(code(drift(1, 1, 0.5, 0), 0.51)).contains("VALIDATION_LOSS");
        assertThat(code(drift(90, 90, 0.7, 0), 0.4)).contains("MEMBERSHIP");
        assertThat(LIMITS.crossed(drift(90, 90, 0.7, 0), evidence(0.4))
                        .orElseThrow()
                        .trusted())
                .isFalse();
    }

    /** One row alone has an AUC anywhere between 0 and 1. */
    @Test
    void shouldAskForCertaintyBeforeItSpeaksOfTraces() {
        assertThat(code(drift(1, 1, 0.99, 0), 0.4)).isEmpty();
        assertThat(code(drift(4, 4, 0.7, 0), 0.4)).isEmpty();
    }

    @Test
    void shouldRefitBehindAVersionWhenMuchHasComeTogether() {
        var changed = LIMITS.crossed(drift(101, 0, 0, 0), evidence(0.4)).orElseThrow();
        assertThat(changed.code()).isEqualTo("CHANGED_ROWS");
        assertThat(changed.trusted()).isTrue();
        assertThat(code(drift(1, 0, 0, 0.11), 0.4)).contains("PREDICTION_CHANGE");
    }

    @Test
    void shouldRefuseLimitsThatMeanNothing() {
        assertThatThrownBy(() -> new Limits(0.4, 1, 1, 1)).hasMessageContaining("membership AUC of at least 0.5");
        assertThatThrownBy(() -> new Limits(0.6, 0, 1, 1)).hasMessageContaining("above 0");
        assertThatThrownBy(() -> new Limits(0.6, 1, 1, Double.NaN)).hasMessageContaining("above 0");
    }
}
