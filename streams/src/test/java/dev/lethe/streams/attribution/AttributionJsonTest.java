package dev.lethe.streams.attribution;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lethe.schemas.ComputedScore;
import dev.lethe.schemas.SampleScores;
import java.util.List;
import org.junit.jupiter.api.Test;

class AttributionJsonTest {
    private static SampleScores with(ComputedScore... computed) {
        return SampleScores.newBuilder()
                .setModelId("m")
                .setDataset("d")
                .setSampleId("s")
                .setMargin(-1)
                .setScoredAt(0)
                .setVersion(7)
                .setLoss(0.5)
                .setEl2n(0.25)
                .setGrand(1)
                .setComputed(List.of(computed))
                .build();
    }

    @Test
    void shouldShowAComputedScoreWithItsErrorAndTheVersionItIsOf() {
        var json = AttributionJson.scores(with(
                new ComputedScore("memorisation", 0.75, 0.125, 3L), new ComputedScore("el2n-epochs", 0.5, null, 4L)));

        assertThat(json.get("memorisation").doubleValue()).isEqualTo(0.75);
        assertThat(json.get("memorisation_error").doubleValue()).isEqualTo(0.125);
        assertThat(json.get("memorisation_version").longValue()).isEqualTo(3);
        assertThat(json.get("el2n_epochs").doubleValue()).isEqualTo(0.5);
        assertThat(json.has("el2n_epochs_error")).isFalse();
        assertThat(json.get("version").longValue()).isEqualTo(7);
    }

    @Test
    void shouldNotLetAComputedScoreHideOneOfThePass() {
        var json = AttributionJson.scores(with(new ComputedScore("loss", 9.0, null, 3L)));

        assertThat(json.get("loss").doubleValue()).isEqualTo(0.5);
        assertThat(json.has("loss_version")).isFalse();
    }
}
