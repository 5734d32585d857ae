package dev.lethe.unlearn.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.lethe.unlearn.objective.Row;
import dev.lethe.unlearn.objective.RowChange;
import dev.lethe.unlearn.objective.Vectors;
import java.util.BitSet;
import java.util.List;
import org.junit.jupiter.api.Test;

class PatchTest {

    private static final Architecture SMALL = Architecture.perceptron(new Layer.Tanh(), 8, 12, 3);
    private static final List<Row> ROWS = Networks.clouds(8, 3, 300, 0.6, 1);
    private static final List<Row> FRESH = Networks.clouds(8, 3, 400, 0.6, 99);
    private static final PatchPlan EXACT = new PatchPlan(1e-2, 40, 300, 1e-9, 1e-7);
    private static final Network NETWORK = train(ROWS);

    private static Network train(List<Row> rows) {
        TrainingPlan plan = new TrainingPlan(new Optimizer.Adam(0.01), 60, 30, 3, 1e-3);
        return new Trainer(SMALL, NetworkLoss.CROSS_ENTROPY, plan, rows, new BitSet()).train(TrainingListener.NONE);
    }

    private static List<RowChange> removals(int count) {
        return ROWS.subList(0, count).stream().map(RowChange::remove).toList();
    }

    private static PatchOutcome.Patched patched(PatchOutcome outcome) {
        assertThat(outcome).isInstanceOf(PatchOutcome.Patched.class);
        return (PatchOutcome.Patched) outcome;
    }

    /** The objective written out anew, on plain losses: KL as cross-entropies, and its slope by differences. */
    @Test
    void shouldEndWhereTheProximalObjectiveIsStationary() {
        List<Row> kept = ROWS.subList(10, 300);
        PatchOutcome.Patched patch = patched(Patch.of(NETWORK, removals(10), kept, 290, EXACT, null));
        double[] direction = Networks.vector(SMALL.parameters(), 5, 1);
        double atEnd = slope(patch.network(), kept, direction);
        double atStart = slope(NETWORK, kept, direction);
        assertThat(Math.abs(atEnd)).isLessThan(1e-4 * Math.abs(atStart));
        assertThat(patch.gradientLeft()).isLessThan(1e-4);
        assertThat(patch.actual()).isNegative();
    }

    private static double slope(Network at, List<Row> kept, double[] direction) {
        double[] old = NETWORK.logits(kept);
        return Networks.centralDifference(
                theta -> {
                    Network network = at.at(theta);
                    double sum = -network.loss(ROWS.subList(0, 10));
                    for (int i = 0; i < kept.size(); i++) {
                        double[] p = NETWORK.probabilities(old, i);
                        for (int k = 0; k < 3; k++) {
                            Row labelled = new Row(kept.get(i).x(), new double[] {k}, 1);
                            sum += p[k] * network.losses(List.of(labelled))[0];
                        }
                    }
                    double[] moved = Vectors.minus(theta, NETWORK.theta());
                    return new double[] {sum + 290 * 1e-2 / 2 * Vectors.dot(moved, moved)};
                },
                at.theta(),
                direction,
                1e-4)[0];
    }

    /** Two short steps come near the optimum, and raise the loss of what was removed. */
    @Test
    void shouldComeNearTheOptimumInTwoSteps() {
        List<Row> kept = ROWS.subList(20, 300);
        double[] target = Vectors.minus(
                patched(Patch.of(NETWORK, removals(20), kept, 280, EXACT, null))
                        .network()
                        .theta(),
                NETWORK.theta());
        PatchOutcome.Patched quick = patched(Patch.of(NETWORK, removals(20), kept, 280, PatchPlan.DEFAULT, null));
        double[] got = Vectors.minus(quick.network().theta(), NETWORK.theta());
        double cosine = Vectors.dot(target, got) / Vectors.norm(target) / Vectors.norm(got);
        assertThat(cosine).isGreaterThan(0.97);
        assertThat(quick.products()).isLessThanOrEqualTo(2 * 13);
        List<Row> removed = ROWS.subList(0, 20);
        assertThat(quick.network().loss(removed)).isGreaterThan(NETWORK.loss(removed));
        assertThat(quick.actual()).isCloseTo(quick.predicted(), within(0.75 * Math.abs(quick.predicted())));
    }

    /** Features that are zero in all rows are left out on the way: the same patch, whatever stands before the layer. */
    @Test
    void shouldPatchTheSameWithFeaturesThatAreZeroEverywhere() {
        PatchOutcome.Patched narrow = patched(Patch.of(NETWORK, removals(20), ROWS, 280, PatchPlan.DEFAULT, null));
        int[] places = {1, 2, 5, 6, 9, 10, 11, 15};
        for (boolean flattened : new boolean[] {false, true}) {
            Network wide = wide(places, flattened);
            List<Row> rows = ROWS.stream().map(row -> spread(row, places)).toList();
            List<RowChange> changes =
                    rows.subList(0, 20).stream().map(RowChange::remove).toList();
            PatchOutcome.Patched patch = patched(Patch.of(wide, changes, rows, 280, PatchPlan.DEFAULT, null));
            assertThat(patch.products()).isEqualTo(narrow.products());
            double[] expected = wide.theta();
            double[] moved = narrow.network().theta();
            for (int o = 0; o < 12; o++) {
                for (int j = 0; j < 8; j++) {
                    expected[o * 16 + places[j]] = moved[o * 8 + j];
                }
            }
            System.arraycopy(moved, 12 * 8, expected, 12 * 16, moved.length - 12 * 8);
            assertThat(patch.network().theta()).containsExactly(expected, within(1e-12));
        }
    }

    /** The network on 16 features, of which the others have weights too. */
    private static Network wide(int[] places, boolean flattened) {
        Layer.Linear first = new Layer.Linear(16, 12, true);
        List<Layer> rest = List.of(new Layer.Tanh(), new Layer.Linear(12, 3, true));
        Architecture architecture = flattened
                ? new Architecture(new int[] {1, 4, 4}, List.of(new Layer.Flatten(), first, rest.get(0), rest.get(1)))
                : new Architecture(new int[] {16}, List.of(first, rest.get(0), rest.get(1)));
        double[] theta = Networks.vector(architecture.parameters(), 11, 0.3);
        double[] own = NETWORK.theta();
        for (int o = 0; o < 12; o++) {
            for (int j = 0; j < 8; j++) {
                theta[o * 16 + places[j]] = own[o * 8 + j];
            }
        }
        System.arraycopy(own, 12 * 8, theta, 12 * 16, own.length - 12 * 8);
        return new Network(architecture, NetworkLoss.CROSS_ENTROPY, theta);
    }

    private static Row spread(Row row, int[] places) {
        double[] x = new double[16];
        for (int j = 0; j < places.length; j++) {
            x[places[j]] = row.x()[j];
        }
        return new Row(x, row.y(), row.weight());
    }

    /** Relabels of one batch and their undoing; additions lower the loss of what is added. */
    @Test
    void shouldRelabelRectifyAndAdd() {
        List<Row> kept = ROWS.subList(10, 300);
        Row wrong = new Row(ROWS.get(0).x(), new double[] {(ROWS.get(0).y()[0] + 1) % 3}, 1);
        List<RowChange> relabel = List.of(RowChange.replace(ROWS.get(0), wrong));
        Network moved = patched(Patch.of(NETWORK, relabel, kept, 290, PatchPlan.DEFAULT, null))
                .network();
        assertThat(moved.loss(List.of(wrong))).isLessThan(NETWORK.loss(List.of(wrong)));
        List<RowChange> add = FRESH.subList(0, 5).stream().map(RowChange::add).toList();
        Network more = patched(Patch.of(NETWORK, add, kept, 290, PatchPlan.DEFAULT, null))
                .network();
        assertThat(more.loss(FRESH.subList(0, 5))).isLessThan(NETWORK.loss(FRESH.subList(0, 5)));
    }

    @Test
    void shouldRefuseInsteadOfPublishingWhatItCannotTrust() {
        assertThat(Patch.of(NETWORK, removals(1), List.of(), 290, EXACT, null))
                .isInstanceOfSatisfying(
                        PatchOutcome.Refused.class,
                        refused -> assertThat(refused.reason()).contains("curvature sample"));
        Row broken = new Row(new double[] {1e300, -1e300, 1e308, 0, 0, 0, 0, Double.NaN}, new double[] {0}, 1);
        assertThat(Patch.of(NETWORK, List.of(RowChange.add(broken)), ROWS, 300, EXACT, null))
                .isInstanceOfSatisfying(
                        PatchOutcome.Refused.class,
                        refused -> assertThat(refused.reason()).contains("layer 0 (linear)"));
    }

    @Test
    void shouldMeasureWhatAPatchDid() {
        List<Row> removed = ROWS.subList(0, 20);
        List<Row> kept = ROWS.subList(20, 300);
        Network after = patched(Patch.of(NETWORK, removals(20), kept, 280, PatchPlan.DEFAULT, null))
                .network();
        Evidence before = Evidence.of(NETWORK, NETWORK, removed, kept, FRESH);
        Evidence evidence = Evidence.of(NETWORK, after, removed, kept, FRESH);
        assertThat(before.predictionChange()).isZero();
        assertThat(evidence.predictionChange()).isBetween(1e-6, 0.2);
        assertThat(evidence.forgetLoss()).isGreaterThan(before.forgetLoss());
        assertThat(evidence.membershipAuc())
                .isEqualTo(MembershipInference.lossThresholdAuc(after.losses(removed), after.losses(FRESH)))
                .isBetween(0.3, 0.7);
        assertThat(evidence.validationAccuracy()).isCloseTo(after.accuracy(FRESH), within(1e-12));
        assertThat(evidence.within(0.99, 0.5)).isTrue();
        assertThat(evidence.within(0.99, 0)).isFalse();
    }

    @Test
    void shouldKeepASampleThatForgetsAndStandsForAll() {
        List<String> ids =
                java.util.stream.IntStream.range(0, 300).mapToObj(i -> "s" + i).toList();
        CurvatureSample sample = CurvatureSample.of(NETWORK, ids, ROWS, 80, 5);
        assertThat(sample.rows()).hasSize(80);
        double whole = java.util.Arrays.stream(NETWORK.curvatures(ROWS)).sum();
        double[] part = NETWORK.curvatures(sample.rows());
        assertThat(java.util.Arrays.stream(part).sum()).isCloseTo(whole, within(0.2 * whole));
        CurvatureSample shuffled = new CurvatureSample(80, 5);
        CurvatureSample straight = new CurvatureSample(80, 5);
        for (int i = 0; i < 300; i++) {
            straight.put(ids.get(i), ROWS.get(i), 1 + i % 3);
            shuffled.put(ids.get(299 - i), ROWS.get(299 - i), 1 + (299 - i) % 3);
        }
        assertThat(shuffled.rows())
                .extracting(Row::x)
                .containsExactlyElementsOf(straight.rows().stream().map(Row::x).toList());
        ids.forEach(straight::remove);
        assertThat(straight.rows()).isEmpty();
    }
}
