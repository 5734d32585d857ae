package dev.lethe.streams.topology;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lethe.schemas.DeleteRequest;
import dev.lethe.schemas.ModelFamily;
import dev.lethe.schemas.ModelSpec;
import dev.lethe.schemas.ModelVersion;
import dev.lethe.schemas.Receipt;
import dev.lethe.schemas.ReceiptStatus;
import dev.lethe.schemas.RelabelRequest;
import dev.lethe.schemas.Relabelling;
import dev.lethe.schemas.Sample;
import dev.lethe.schemas.SettlePolicy;
import dev.lethe.schemas.SettleRequest;
import dev.lethe.schemas.SettleUntil;
import dev.lethe.schemas.VersionKind;
import dev.lethe.unlearn.objective.Vectors;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.avro.specific.SpecificRecord;
import org.junit.jupiter.api.Test;

/** Requests come faster than passes are answered, without end: settlings must end all the same. */
class UnbrokenStreamTest extends RiverCase {
    private static final long SEED = 20261127;
    private static final int ROWS = 600;
    private static final int SMALL = 6;
    /** Too large for a dense factor. */
    private static final int LARGE = 600;
    /** Between two deletions: one at every look could use up the rows before its passes, which take many, are done. */
    private static final int LOOKS_OF_A_LARGE_PASS = 4;

    private static final List<String> CLASSES = List.of("a", "b", "c", "d", "e");

    private int deleted;
    private int looked;

    UnbrokenStreamTest() {
        super(SEED);
    }

    /** Opens a softmax model over new rows. */
    private ModelSpec open(int features, SettlePolicy settle) {
        for (int i = 0; i < ROWS; i++) {
            int shift = i % CLASSES.size();
            double[] x = random.doubles(features, -0.1, 0.1).toArray();
            x[shift] += 0.5;
            put(River.sample("s" + i, null, CLASSES.get(shift), x));
        }
        ModelSpec spec = River.model("m", ModelFamily.SOFTMAX, features, 2)
                .setClasses(CLASSES)
                .setSettle(settle)
                .build();
        open(spec);
        return spec;
    }

    private void deleteNext() {
        assertThat(deleted).as("rows are left: no answer came before").isLessThan(ROWS - 1);
        river.send(delete("delete-" + deleted));
    }

    private DeleteRequest delete(String requestId) {
        return DeleteRequest.newBuilder()
                .setRequestId(requestId)
                .setDataset(River.DATASET)
                .setSamples(List.of("s" + deleted++))
                .build();
    }

    /** The request's receipt, while another row is deleted at every look. */
    private Receipt answerUnderDeletions(SpecificRecord request) {
        return answerUnderDeletions(request, 1);
    }

    /** @param looks between two deletions */
    private Receipt answerUnderDeletions(SpecificRecord request, int looks) {
        river.send(request);
        return river.await(() -> {
            if (looked++ % looks == 0) {
                deleteNext();
            }
            return river.receipts().stream()
                    .filter(r -> r.getRequestId().equals(RequestRules.requestId(request)))
                    .findFirst()
                    .orElse(null);
        });
    }

    /** Rows are deleted in their order, so a version's row count says which it is over. */
    private void shouldBeSettledOverItsOwnRows(ModelSpec spec, ModelVersion version) {
        assertThat(version.getKind()).isEqualTo(VersionKind.SETTLED);
        long gone = ROWS - version.getRows();
        for (int i = 0; i < gone; i++) {
            expected.remove("s" + i);
        }
        shouldEqualRetrained(spec, version);
    }

    private ModelVersion versionOf(Receipt receipt) {
        assertThat(receipt.getStatus()).as("%s", receipt).isEqualTo(ReceiptStatus.APPLIED);
        long number = receipt.getModels().get(0).getVersion();
        return river.versions().stream()
                .filter(v -> v.getVersion() == number)
                .findFirst()
                .orElseThrow();
    }

    @Test
    void shouldPublishALargeModel() {
        ModelSpec spec = open(LARGE, SettlePolicy.AUTO);
        Receipt receipt = answerUnderDeletions(delete("first"), LOOKS_OF_A_LARGE_PASS);
        shouldBeSettledOverItsOwnRows(spec, versionOf(receipt));
    }

    @Test
    void shouldSettleEachBatch() {
        ModelSpec spec = open(SMALL, SettlePolicy.EACH_BATCH);
        Receipt receipt = answerUnderDeletions(delete("first"));
        shouldBeSettledOverItsOwnRows(spec, versionOf(receipt));
    }

    @Test
    void shouldAnswerWhoWaitsForASettledVersion() {
        ModelSpec spec = open(SMALL, SettlePolicy.AUTO);
        deleteNext();
        var settle = new SettleRequest("settle", River.DATASET, SettleUntil.SETTLED, null, null);
        shouldBeSettledOverItsOwnRows(spec, versionOf(answerUnderDeletions(settle)));
    }

    /** All its rows, which are not expected any more. */
    private DeleteRequest deleteClass(String label) {
        List<String> ids = expected.values().stream()
                .filter(s -> s.getLabel().equals(label))
                .map(Sample::getSampleId)
                .toList();
        expected.keySet().removeAll(ids);
        return DeleteRequest.newBuilder()
                .setRequestId("class-" + label)
                .setDataset(River.DATASET)
                .setSamples(ids)
                .build();
    }

    /** Rows are deleted in their order: so many are left of those that are still expected. */
    private void forgetTheFirstUntil(long left) {
        for (int i = 0; expected.size() > left; i++) {
            expected.remove("s" + i);
        }
    }

    /** A class loses all its rows at once: too far for a patch, but one pass later it is not. */
    @Test
    void shouldPublishAsSoonAsAPatchCanBeTrusted() {
        ModelSpec spec = open(SMALL, SettlePolicy.AUTO);
        int before = river.passes().size();
        Receipt receipt = answerUnderDeletions(deleteClass("a"));
        ModelVersion version = versionOf(receipt);
        int passes = river.passes().size() - before;
        assertThat(version.getKind()).isEqualTo(VersionKind.PATCHED);
        assertThat(passes)
                .as("passes until it was published; 24 if it waits for the end")
                .isLessThanOrEqualTo(8);
        forgetTheFirstUntil(version.getRows());
        double[] apart =
                Vectors.plus(Doubles.toArray(version.getTheta()), -1, River.retrained(spec, expected.values()));
        assertThat(Vectors.norm(apart)).as("seed %d", SEED).isLessThanOrEqualTo(version.getDistanceBound());
    }

    @Test
    void shouldStillSettleForWhoWaitsWhereEveryPatchIsTooFar() {
        ModelSpec spec = open(SMALL, SettlePolicy.AUTO);
        river.send(deleteClass("a"));
        var settle = new SettleRequest("settle", River.DATASET, SettleUntil.SETTLED, null, null);
        ModelVersion version = versionOf(answerUnderDeletions(settle));
        assertThat(version.getKind()).isEqualTo(VersionKind.SETTLED);
        forgetTheFirstUntil(version.getRows());
        shouldEqualRetrained(spec, version);
    }

    private RelabelRequest relabelAll(int round) {
        List<Relabelling> samples = IntStream.range(0, ROWS)
                .mapToObj(i ->
                        new Relabelling("s" + i, CLASSES.get((i + (i % 7 == round % 7 ? 1 : 0)) % CLASSES.size())))
                .toList();
        samples.forEach(s -> expectLabel(s.getSampleId(), s.getLabel()));
        return RelabelRequest.newBuilder()
                .setRequestId("relabel-" + round)
                .setDataset(River.DATASET)
                .setSamples(samples)
                .build();
    }

    /** Thousands of changes come between two passes: what is begun then is given up for what comes, and not at the end. */
    @Test
    void shouldSettleWhenTheStreamEnds() {
        ModelSpec spec = open(SMALL, SettlePolicy.AUTO);
        int before = river.passes().size();
        int round = 0;
        while (river.passes().size() < before + 4) {
            assertThat(round).as("rounds without a settling").isLessThan(5_000);
            for (int i = 0; i <= SettleLoop.FLOW / ROWS; i++) {
                river.send(relabelAll(round++));
            }
            river.tick();
        }
        river.settle(SettleUntil.SETTLED);
        latestShouldEqualRetrained(spec);
    }
}
