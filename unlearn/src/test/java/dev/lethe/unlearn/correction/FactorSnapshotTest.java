package dev.lethe.unlearn.correction;

import static dev.lethe.unlearn.Samples.distance;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lethe.unlearn.Samples;
import dev.lethe.unlearn.curvature.DenseFactor;
import dev.lethe.unlearn.objective.Family;
import dev.lethe.unlearn.objective.Intercept;
import dev.lethe.unlearn.objective.Objective;
import dev.lethe.unlearn.objective.RowChange;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class FactorSnapshotTest {
    private static final long SEED = 8;
    private static final Objective SMALL = new Objective(Family.LOGISTIC, 4, 1, Intercept.PENALISED, 0.5);
    /** Above 512 columns a factor holds its newest updates beside it. */
    private static final Objective WIDE = new Objective(Family.LOGISTIC, 520, 1, Intercept.PENALISED, 5);

    private static List<RowChange> changes(Samples samples, int count) {
        List<RowChange> changes = new ArrayList<>();
        samples.weightedRows(count).forEach(row -> changes.add(RowChange.add(row)));
        for (int i = 0; i < count / 2; i++) {
            changes.add(RowChange.remove(changes.get(i).after()));
        }
        return changes;
    }

    private static void fold(Anchor anchor, List<RowChange> changes) {
        for (RowChange change : changes) {
            anchor.foldGradient(List.of(change));
            anchor.foldFactor(List.of(change));
        }
    }

    private static Anchor restored(Objective objective, Anchor.State state, byte[] snapshot) {
        FactorSnapshot read = FactorSnapshot.decode(snapshot);
        Anchor anchor = Anchor.restore(objective, state);
        anchor.install(DenseFactor.restore(objective, read.factor()), read);
        return anchor;
    }

    @ParameterizedTest
    @MethodSource("dev.lethe.unlearn.Samples#objectives")
    void shouldGoOnFromASnapshotAsIfNothingHadBeen(Objective objective) {
        shouldGoOn(objective);
    }

    @Test
    void shouldGoOnWithUpdatesHeldBesideTheFactor() {
        shouldGoOn(WIDE);
    }

    private static void shouldGoOn(Objective objective) {
        Samples samples = new Samples(objective, SEED);
        try (Anchor whole = InMemoryFit.fit(objective, samples.weightedRows(300), null)) {
            fold(whole, changes(samples, 20));
            Anchor.State state = whole.state();
            byte[] snapshot = whole.snapshot().orElseThrow().encode();
            try (Anchor again = restored(objective, state, snapshot)) {
                List<RowChange> more = changes(samples, 10);
                fold(whole, more);
                fold(again, more);
                assertThat(distance(whole.correct().theta(), again.correct().theta()))
                        .as("seed %d, %s", SEED, objective)
                        .isLessThan(1e-11);
                assertThat(again.measureDrift()).isLessThan(1e-10);
                assertThat(again.refreshDue()).isFalse();
                assertThat(again.state().thetaFactor()).isEqualTo(whole.state().thetaFactor());
                assertThat(again.snapshot().orElseThrow().updates())
                        .isEqualTo(whole.snapshot().orElseThrow().updates());
            }
        }
    }

    @Test
    void shouldChangeNoBitOfWhatFollows() {
        double[][] thetas = new double[2][];
        for (int look = 0; look < 2; look++) {
            Samples samples = new Samples(WIDE, SEED);
            try (Anchor anchor = InMemoryFit.fit(WIDE, samples.weightedRows(200), null)) {
                for (RowChange change : changes(samples, 30)) {
                    fold(anchor, List.of(change));
                    if (look == 1) {
                        anchor.snapshot().orElseThrow();
                    }
                }
                thetas[look] = anchor.correct().theta();
            }
        }
        assertThat(thetas[1]).isEqualTo(thetas[0]);
    }

    @Test
    void shouldRefuseDamagedBytes() {
        byte[] good;
        try (Anchor anchor = InMemoryFit.fit(SMALL, new Samples(SMALL, SEED).weightedRows(50), null)) {
            good = anchor.snapshot().orElseThrow().encode();
        }
        var random = new Random(SEED);
        for (int i = 0; i < 500; i++) {
            byte[] bad = good.clone();
            int at = random.nextInt(bad.length);
            bad[at] ^= (byte) (1 << random.nextInt(8));
            assertThatThrownBy(() -> FactorSnapshot.decode(bad))
                    .as("seed %d, byte %d", SEED, at)
                    .isInstanceOf(IllegalArgumentException.class);
            byte[] cut = Arrays.copyOf(good, at);
            assertThatThrownBy(() -> FactorSnapshot.decode(cut)).isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void shouldRefuseAnotherModelsFactor() {
        try (Anchor anchor = InMemoryFit.fit(SMALL, new Samples(SMALL, SEED).weightedRows(50), null)) {
            var state = anchor.snapshot().orElseThrow().factor();
            assertThatThrownBy(() -> DenseFactor.restore(WIDE, state))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("inverse: expected 135981 values, got 15");
            var ridge = new Objective(Family.RIDGE, 4, 1, Intercept.PENALISED, 0.5);
            assertThatThrownBy(() -> DenseFactor.restore(ridge, state))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("gram");
        }
    }
}
