package dev.lethe.streams.topology;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.lethe.schemas.ComputedScore;
import dev.lethe.schemas.ComputedScores;
import dev.lethe.schemas.ModelSpec;
import dev.lethe.schemas.RefreshScores;
import dev.lethe.schemas.SampleScores;
import dev.lethe.schemas.ScoresDone;
import dev.lethe.schemas.SettleUntil;
import dev.lethe.streams.attribution.Ranking;
import dev.lethe.streams.attribution.ServedRows;
import dev.lethe.streams.config.NetworkSpecs;
import dev.lethe.unlearn.network.Network;
import dev.lethe.unlearn.network.Trainer;
import dev.lethe.unlearn.valuation.NetworkScores;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Scores of a network's samples, against the library at the published parameters. */
class NetworkScoresRiverTest extends RiverCase {
    private static final String MODEL = "n";
    private static final int ROWS = 90;
    private static final List<String> CLASSES = List.of("a", "b", "c");
    private static final ModelSpec SPEC =
            NetworkRiverTest.model(MODEL, NetworkRiverTest.network().build()).build();
    private int wishes;

    NetworkScoresRiverTest() {
        super(20261129);
    }

    private void openWithRows() {
        for (int i = 0; i < ROWS; i++) {
            double angle = 2 * Math.PI * (i % 3) / 3;
            put(River.sample(
                    "s" + i,
                    "u" + i,
                    CLASSES.get(i % 3),
                    Math.cos(angle) + 0.4 * random.nextGaussian(),
                    Math.sin(angle) + 0.4 * random.nextGaussian()));
        }
        open(SPEC);
    }

    private ScoresDone refresh() {
        String wish = "wish" + ++wishes;
        river.inquire(MODEL, new RefreshScores(MODEL, wish));
        return river.await(() -> river.insights().stream()
                .filter(m ->
                        m instanceof ScoresDone done && done.getRefreshIds().contains(wish))
                .map(ScoresDone.class::cast)
                .findFirst()
                .orElse(null));
    }

    private Map<String, SampleScores> shown() {
        Map<String, SampleScores> all = new HashMap<>();
        river.scores().forEach(record -> all.put(record.key.substring(record.key.lastIndexOf('/') + 1), record.value));
        all.values().removeIf(scores -> scores == null);
        return all;
    }

    private void shouldBeScoredAtThePublishedParameters() {
        ServedRows rows = ServedRows.of(SPEC, expected);
        Network network = NetworkSpecs.network(SPEC, river.theta(MODEL));
        double[] losses = network.losses(rows.rows());
        double[] errors = network.errorNorms(rows.rows());
        Map<String, SampleScores> all = shown();
        assertThat(all).as("held out rows are none to train on").hasSameSizeAs(rows.ids());
        for (int i = 0; i < losses.length; i++) {
            SampleScores scores = all.get(rows.ids().get(i));
            assertThat(scores.getLoss()).as("seed %d", seed).isCloseTo(losses[i], within(1e-12));
            assertThat(scores.getEl2n()).isCloseTo(errors[i], within(1e-12));
            assertThat(scores.getLeverage()).isNull();
            assertThat(scores.getSuggested()).isNotEqualTo(scores.getLabel());
        }
    }

    @Test
    void shouldScoreEachVersionAndForgetWhatIsErased() {
        openWithRows();
        ScoresDone first = refresh();
        assertThat(first.getFailure()).isNull();
        assertThat(first.getRows()).isLessThan(ROWS);
        shouldBeScoredAtThePublishedParameters();

        String erased = ServedRows.of(SPEC, expected).ids().get(0);
        river.delete("d1", erased);
        expected.remove(erased);
        assertThat(shown()).as("at once").doesNotContainKey(erased);
        assertThat(refresh().getVersion()).isGreaterThan(first.getVersion());
        shouldBeScoredAtThePublishedParameters();
    }

    @Test
    void shouldShowWhatATrainingOfTheSameRowsSaysOfItsEpochs() {
        openWithRows();
        river.settle(SettleUntil.SETTLED);
        ServedRows rows = ServedRows.of(SPEC, expected);
        NetworkScores epochs = new NetworkScores(rows.rows());
        Network trained = new Trainer(
                        NetworkSpecs.architecture(SPEC),
                        NetworkSpecs.loss(SPEC),
                        NetworkSpecs.plan(SPEC),
                        rows.rows(),
                        new BitSet())
                .train(epochs);
        assertThat(trained.theta()).as("a job trains as the service").isEqualTo(river.theta(MODEL));
        double[] values = epochs.el2nOverEpochs();
        river.inquire(
                MODEL,
                new ComputedScores(
                        MODEL,
                        rows.with(IntStream.range(0, values.length)
                                .mapToObj(i -> List.of(new ComputedScore("el2n-epochs", values[i], null, 1L)))
                                .toList())));
        refresh();
        Map<String, SampleScores> all = shown();
        for (int i = 0; i < values.length; i++) {
            assertThat(Ranking.EL2N_EPOCHS.of(all.get(rows.ids().get(i)))).hasValue(values[i]);
        }
    }
}
