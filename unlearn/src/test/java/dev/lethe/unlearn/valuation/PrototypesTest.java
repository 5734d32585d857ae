package dev.lethe.unlearn.valuation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lethe.unlearn.objective.Row;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class PrototypesTest {

    private static final long SEED = 5;

    private static Row row(double label, double... x) {
        return new Row(x, new double[] {label}, 1);
    }

    /** One prototype is the mean. */
    @Test
    void shouldMeasureTheDistanceToTheMeanOfTheClass() {
        List<Row> rows = List.of(row(0, 0, 0), row(0, 2, 0), row(0, 1, 3), row(1, 10, 10), row(1, 10, 14));
        double[] distances = Prototypes.distances(rows, 1, SEED);
        assertThat(distances).containsExactly(new double[] {Math.sqrt(2), Math.sqrt(2), 2, 2, 2}, within(1e-12));
    }

    @Test
    void shouldFindTheCloudsOfAClassAndTheRowFarFromAll() {
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            rows.add(row(0, 0.01 * i, 0));
            rows.add(row(0, 100 + 0.01 * i, 0));
        }
        rows.add(row(0, 30, 0));
        double[] distances = Prototypes.distances(rows, 2, SEED);
        for (int i = 0; i < 40; i++) {
            assertThat(distances[i]).as("row %d, seed %d", i, SEED).isLessThan(distances[40]);
        }
        assertThatThrownBy(() -> Prototypes.distances(rows, 0, SEED)).hasMessageContaining("at least 1");
    }

    @Test
    void shouldKeepTheSamePartOfEveryClass() {
        List<Row> rows = new ArrayList<>();
        double[] scores = new double[30];
        for (int i = 0; i < 30; i++) {
            rows.add(row(i < 10 ? 0 : 1, i));
            // The small class has the highest scores, all of them.
            scores[i] = 100 - i;
        }
        List<Row> kept = Pruning.kept(rows, Prototypes.balanced(rows, scores), Pruning.Keep.HARDEST, 0.5);
        assertThat(kept).hasSize(15);
        assertThat(kept.stream().filter(row -> row.y()[0] == 0)).hasSize(5);
        assertThat(kept.get(0)).isSameAs(rows.get(0));
        assertThat(kept.get(5)).isSameAs(rows.get(10));
    }
}
