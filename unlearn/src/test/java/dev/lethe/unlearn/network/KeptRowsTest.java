package dev.lethe.unlearn.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lethe.unlearn.objective.Row;
import dev.lethe.unlearn.objective.RowChange;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What a network in service keeps of its rows, and what it does not. */
class KeptRowsTest {
    private static final long SEED = 12;
    private static final RowKeys KEYS = new RowKeys(SEED, 0.25);
    private static final int CAPACITY = 40;
    private static final Architecture SMALL = Architecture.perceptron(new Layer.Tanh(), 4, 6, 3);
    private static final long ROOM = 1 << 28;

    private final Random random = new Random(SEED);
    private final Network network = new Network(
            SMALL,
            NetworkLoss.CROSS_ENTROPY,
            random.doubles(SMALL.parameters(), -1, 1).toArray());

    private KeyedRow row(int i) {
        double[] x = random.doubles(4, -1, 1).toArray();
        return new KeyedRow(KEYS.of("s" + i), new Row(x, new double[] {i % 3}, 1));
    }

    private List<KeyedRow> rows(int count) {
        List<KeyedRow> rows = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            rows.add(row(i));
        }
        return rows;
    }

    private static TrainingSet set(List<KeyedRow> rows) {
        TrainingSet set = new TrainingSet(KEYS, ROOM);
        rows.forEach(set::add);
        return set;
    }

    private KeptRows kept(List<KeyedRow> rows) {
        return KeptRows.of(network, set(rows), CAPACITY, KEYS);
    }

    private static Set<List<Double>> xs(List<Row> rows) {
        Set<List<Double>> all = new HashSet<>();
        rows.forEach(row -> all.add(Arrays.stream(row.x()).boxed().toList()));
        return all;
    }

    private static Set<List<Double>> everything(KeptRows kept) {
        Set<List<Double>> all = xs(kept.curvatureSample());
        all.addAll(xs(kept.retainedSample()));
        all.addAll(xs(kept.validationSample()));
        return all;
    }

    @Test
    void shouldHoldOutTheDeclaredShareWhereverARowComesFrom() {
        long out = 0;
        for (int i = 0; i < 4_000; i++) {
            out += KEYS.heldOut(KEYS.of("sample-" + i)) ? 1 : 0;
        }
        // Four standard deviations of a binomial.
        assertThat(out).isBetween(1_000L - 110, 1_000L + 110);
        assertThat(new RowKeys(SEED, 0).heldOut(KEYS.of("sample-1"))).isFalse();
    }

    @Test
    void shouldPutTheSamplesOfShardsTogetherAsThatOfAllRows() {
        List<KeyedRow> rows = rows(400);
        List<byte[]> shards = new ArrayList<>();
        for (List<KeyedRow> part : List.of(rows.subList(0, 30), rows.subList(30, 250), rows.subList(250, 400))) {
            shards.add(kept(part).encode());
        }
        KeptRows merged = KeptRows.merged(KEYS, CAPACITY, shards);
        KeptRows whole = kept(rows);
        assertThat(xs(merged.retainedSample()))
                .isEqualTo(xs(whole.retainedSample()))
                .hasSize(CAPACITY);
        assertThat(xs(merged.validationSample())).isEqualTo(xs(whole.validationSample()));
        assertThat(merged.trainingRows()).isEqualTo(whole.trainingRows());
        assertThat(merged.trainingRows() + merged.heldOutRows()).isEqualTo(400);
        double stands =
                merged.curvatureSample().stream().mapToDouble(Row::weight).sum();
        assertThat(stands).as("what the sample stands for, seed %d", SEED).isBetween(200.0, 400.0);
    }

    @Test
    void shouldHoldNothingOfARowThatWasRemoved() {
        List<KeyedRow> rows = rows(60);
        KeptRows kept = kept(rows);
        List<KeyedChange> removals = rows.subList(0, 20).stream()
                .map(row -> new KeyedChange(row.key(), RowChange.remove(row.row())))
                .toList();
        var outcome = MicroBatch.apply(network, kept, removals, PatchPlan.DEFAULT);
        assertThat(outcome).isInstanceOf(MicroBatch.Outcome.Patched.class);
        Set<List<Double>> gone =
                xs(rows.subList(0, 20).stream().map(KeyedRow::row).toList());
        assertThat(everything(kept)).doesNotContainAnyElementsOf(gone);
        assertThat(kept.trainingRows() + kept.heldOutRows()).isEqualTo(40);
    }

    @Test
    void shouldHoldNothingOfAReplacedRowAlsoWhereThePatchIsTakenBack() {
        List<KeyedRow> rows = rows(60);
        KeptRows kept = kept(rows);
        KeyedRow old = rows.get(3);
        List<KeyedChange> changes = List.of(
                new KeyedChange(old.key(), RowChange.replace(old.row(), row(3).row())),
                new KeyedChange(KEYS.of("new"), RowChange.add(row(7).row())));
        MicroBatch.apply(network, kept, changes, PatchPlan.DEFAULT);
        assertThat(kept.trainingRows() + kept.heldOutRows()).isEqualTo(61);
        kept.rewind(changes);
        assertThat(kept.trainingRows() + kept.heldOutRows()).isEqualTo(60);
        assertThat(everything(kept)).doesNotContainAnyElementsOf(xs(List.of(old.row())));
    }

    @Test
    void shouldLeaveTheNetworkAloneWhereOnlyHeldOutRowsChange() {
        List<KeyedRow> rows = rows(60);
        KeptRows kept = kept(rows);
        KeyedRow out =
                rows.stream().filter(r -> KEYS.heldOut(r.key())).findFirst().orElseThrow();
        var outcome = (MicroBatch.Outcome.Patched) MicroBatch.apply(
                network, kept, List.of(new KeyedChange(out.key(), RowChange.remove(out.row()))), PatchPlan.DEFAULT);
        assertThat(outcome.network().theta()).isEqualTo(network.theta());
        assertThat(outcome.forgotten()).isZero();
    }

    @Test
    void shouldGatherTheSameTrainingSetHoweverItWasSpread() {
        List<KeyedRow> rows = rows(50);
        TrainingSet one = TrainingSet.merged(KEYS, ROOM, List.of(set(rows).encode()));
        TrainingSet two = TrainingSet.merged(
                KEYS,
                ROOM,
                List.of(
                        set(rows.subList(20, 50)).encode(),
                        set(rows.subList(0, 20)).encode()));
        assertThat(two.digest()).isEqualTo(one.digest());
        assertThat(two.training()).extracting(KeyedRow::key).isSorted();
        List<KeyedRow> other = new ArrayList<>(rows);
        int at = rows.indexOf(one.training().stream()
                .filter(r -> rows.stream().anyMatch(x -> x.key().equals(r.key())))
                .map(r -> rows.stream()
                        .filter(x -> x.key().equals(r.key()))
                        .findFirst()
                        .orElseThrow())
                .findFirst()
                .orElseThrow());
        Row changed = rows.get(at).row();
        other.set(at, new KeyedRow(rows.get(at).key(), new Row(changed.x(), new double[] {2 - changed.y()[0]}, 2)));
        assertThat(TrainingSet.merged(KEYS, ROOM, List.of(set(other).encode())).digest())
                .isNotEqualTo(one.digest());
    }

    @Test
    void shouldRefuseMoreRowsThanItsMemory() {
        TrainingSet small = new TrainingSet(KEYS, 1 << 20);
        assertThatThrownBy(() -> {
                    for (int i = 0; i < 10_000; i++) {
                        small.add(row(i));
                    }
                })
                .isInstanceOf(NetworkException.class)
                .hasMessageContaining("more than 1 MB");
    }
}
