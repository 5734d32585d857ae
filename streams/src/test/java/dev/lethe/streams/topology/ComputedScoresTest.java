package dev.lethe.streams.topology;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lethe.schemas.ComputedRow;
import dev.lethe.schemas.ComputedScore;
import dev.lethe.schemas.ComputedScores;
import dev.lethe.schemas.ModelFamily;
import dev.lethe.schemas.ModelSpec;
import dev.lethe.schemas.RefreshScores;
import dev.lethe.schemas.SampleScores;
import dev.lethe.schemas.ScoresDone;
import dev.lethe.streams.attribution.Ranking;
import dev.lethe.streams.attribution.ServedRows;
import dev.lethe.unlearn.valuation.Prototypes;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Scores from beside the river: shown with those of a pass, for as long as their row is what was scored. */
class ComputedScoresTest extends RiverCase {
    private static final String MODEL = "m";
    private static final int ROWS = 12;
    private static final List<String> CLASSES = List.of("a", "b", "c");
    private static final ModelSpec SPEC =
            River.model(MODEL, ModelFamily.SOFTMAX, 2, 1).setClasses(CLASSES).build();
    private int wishes;

    ComputedScoresTest() {
        super(20261128);
    }

    private void openWithRows() {
        for (int i = 0; i < ROWS; i++) {
            put(River.sample(
                    "s" + i, "p" + i, CLASSES.get(i % 3), i % 3 + random.nextGaussian(), random.nextGaussian()));
        }
        open(SPEC);
    }

    /** What a job publishes: each sample's score, by its place, and whether it has an error. */
    private ComputedScores computed(String name, ServedRows rows, double[] values, Double error) {
        long version = river.latest(MODEL).getVersion();
        List<List<ComputedScore>> scores = IntStream.range(0, values.length)
                .mapToObj(i -> List.of(new ComputedScore(name, values[i], error, version)))
                .toList();
        return new ComputedScores(MODEL, rows.with(scores));
    }

    private ServedRows rows() {
        return ServedRows.of(SPEC, expected);
    }

    private static double[] filled(int count, double value) {
        return IntStream.range(0, count).mapToDouble(i -> value).toArray();
    }

    /** What consumers of the topic have after a refresh. */
    private Map<String, SampleScores> refreshed() {
        String wish = "wish" + ++wishes;
        river.inquire(MODEL, new RefreshScores(MODEL, wish));
        river.await(() -> river.insights().stream()
                        .anyMatch(m -> m instanceof ScoresDone done
                                && done.getRefreshIds().contains(wish))
                ? true
                : null);
        return shown();
    }

    private Map<String, SampleScores> shown() {
        Map<String, SampleScores> all = new HashMap<>();
        river.scores().forEach(record -> all.put(record.key.substring(record.key.lastIndexOf('/') + 1), record.value));
        all.values().removeIf(scores -> scores == null);
        return all;
    }

    @Test
    void shouldShowWhatAJobComputedWithEveryLaterPass() {
        openWithRows();
        assertThat(refreshed().values())
                .allSatisfy(s -> assertThat(s.getComputed()).isEmpty());
        ServedRows rows = rows();
        double[] distances = Prototypes.distances(rows.rows(), 1, seed);
        river.inquire(MODEL, computed("prototype", rows, distances, null));
        river.inquire(MODEL, computed("memorisation", rows, filled(ROWS, 0.5), 0.1));

        Map<String, SampleScores> all = refreshed();
        assertThat(all).hasSize(ROWS);
        for (int i = 0; i < ROWS; i++) {
            SampleScores scores = all.get(rows.ids().get(i));
            assertThat(Ranking.PROTOTYPE.of(scores)).as("seed %d", seed).hasValue(distances[i]);
            assertThat(Ranking.MEMORISATION.of(scores)).hasValue(0.5);
        }
        long before = river.latest(MODEL).getVersion();
        river.delete("d1", "s1");
        river.inquire(MODEL, computed("memorisation", rows, filled(ROWS, 0.75), 0.05));
        SampleScores later = refreshed().get("s0");
        assertThat(later.getVersion()).isGreaterThan(before);
        assertThat(later.getComputed())
                .as("the newer one took the place of its name, and says its version")
                .containsExactlyInAnyOrder(
                        new ComputedScore("memorisation", 0.75, 0.05, later.getVersion()),
                        new ComputedScore("prototype", distances[rows.ids().indexOf("s0")], null, before));
    }

    @Test
    void shouldTakeNothingOfRowsThatAreNotWhatTheJobRead() {
        openWithRows();
        ServedRows read = rows();
        river.relabel("r1", "s2", "a");
        river.rectify("r2", "s3", 7, 7);
        river.delete("d1", "s4");
        river.deleteSubjects("d2", "p5");
        river.inquire(MODEL, computed("memorisation", read, filled(ROWS, 0.5), 0.1));
        Map<String, SampleScores> all = refreshed();
        assertThat(all).hasSize(ROWS - 2).doesNotContainKeys("s4", "s5");
        all.forEach((id, scores) -> assertThat(scores.getComputed())
                .as(id)
                .hasSize(List.of("s2", "s3").contains(id) ? 0 : 1));
    }

    @Test
    void shouldForgetWithTheRow() {
        openWithRows();
        river.inquire(MODEL, computed("memorisation", rows(), filled(ROWS, 0.5), 0.1));
        river.delete("d1", "s4");
        river.deleteSubjects("d2", "p5");
        river.relabel("r1", "s2", "a");
        river.relabel("r2", "s2", CLASSES.get(2));
        Map<String, SampleScores> all = refreshed();
        assertThat(all).doesNotContainKeys("s4", "s5");
        assertThat(all.get("s2").getComputed())
                .as("it is again what was scored, but was not meanwhile")
                .isEmpty();
        assertThat(river.computed()).hasSize(ROWS - 3);

        river.delete("d3", "s6");
        assertThat(shown()).as("at once").doesNotContainKey("s6");
        assertThat(river.computed()).extracting(ComputedRow::getSampleId).doesNotContain("s6");
    }

    @Test
    void shouldMakeAnotherPassForWhatCameDuringOne() throws InterruptedException {
        openWithRows();
        river.inquire(MODEL, new RefreshScores(MODEL, "first"));
        river.await(() -> river.scorePasses().isEmpty() ? null : true);
        river.inquire(MODEL, computed("memorisation", rows(), filled(ROWS, 0.5), 0.1));
        assertThat(refreshed().values())
                .allSatisfy(s -> assertThat(s.getComputed()).hasSize(1));
    }
}
