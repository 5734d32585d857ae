package dev.lethe.streams.topology;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.lethe.schemas.DeleteRequest;
import dev.lethe.schemas.ModelFamily;
import dev.lethe.schemas.ModelIntercept;
import dev.lethe.schemas.ModelSpec;
import dev.lethe.schemas.Receipt;
import dev.lethe.schemas.ReceiptStatus;
import dev.lethe.schemas.RelabelRequest;
import dev.lethe.schemas.Relabelling;
import dev.lethe.schemas.Sample;
import dev.lethe.schemas.SettlePolicy;
import dev.lethe.schemas.SettleUntil;
import dev.lethe.schemas.VersionKind;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** The main job, request by request, against models retrained from what should be left. */
class RiverTest extends RiverCase {
    private static final long SEED = 20261122;
    private static final int FEATURES = 4;

    RiverTest() {
        super(SEED);
    }

    private static ModelSpec softmax(String id) {
        return River.model(id, ModelFamily.SOFTMAX, FEATURES, 0.5)
                .setClasses(List.of("a", "b", "c"))
                .build();
    }

    private void load(int count, String... classes) {
        for (int i = 0; i < count; i++) {
            put(River.sample("s" + i, "u" + i % 7, classes[i % classes.length], features(i % classes.length)));
        }
    }

    private double[] features(int shift) {
        return random.doubles(FEATURES, -1, 1).map(v -> v + 0.3 * shift).toArray();
    }

    private void shouldEqualRetrained(ModelSpec spec) {
        Receipt receipt = river.settle(SettleUntil.SETTLED);
        assertThat(receipt.getStatus()).as("seed %d: %s", SEED, receipt).isEqualTo(ReceiptStatus.APPLIED);
        latestShouldEqualRetrained(spec);
    }

    @Test
    void shouldFitWhenAModelIsPut() {
        load(60, "a", "b", "c");
        open(softmax("m"));
        assertThat(river.latest("m").getKind()).isEqualTo(VersionKind.REFIT);
        assertThat(river.latest("m").getRows()).isEqualTo(60);
        shouldEqualRetrained(softmax("m"));
    }

    @Test
    void shouldDeleteSamples() {
        load(60, "a", "b", "c");
        open(softmax("m"));
        Receipt receipt = river.delete("r1", "s3", "s17");
        assertThat(receipt.getStatus()).isEqualTo(ReceiptStatus.APPLIED);
        assertThat(receipt.getApplied()).isEqualTo(2);
        assertThat(receipt.getModels()).hasSize(1);
        assertThat(receipt.getModels().get(0).getVersion()).isGreaterThanOrEqualTo(2);
        expected.keySet().removeAll(List.of("s3", "s17"));
        shouldEqualRetrained(softmax("m"));
        assertThat(river.latest("m").getRows()).isEqualTo(58);
    }

    @Test
    void shouldRelabelRectifyAndPut() {
        load(60, "a", "b", "c");
        open(softmax("m"));
        Sample old = expected.get("s5");
        assertThat(river.relabel("r1", "s5", "a").getApplied()).isEqualTo(1);
        double[] corrected = features(1);
        assertThat(river.rectify("r2", "s6", corrected).getApplied()).isEqualTo(1);
        put(River.sample("new", "u1", "b", features(2)));
        put(River.sample("s8", "u1", "c", features(0)));
        expected.put("s5", Sample.newBuilder(old).setLabel("a").build());
        expected.put(
                "s6",
                Sample.newBuilder(expected.get("s6"))
                        .setFeatures(Doubles.toBuffer(corrected))
                        .build());
        shouldEqualRetrained(softmax("m"));
    }

    @Test
    void shouldBeExactForRidgeWithoutSettling() {
        var spec = River.model("r", ModelFamily.RIDGE, FEATURES, 0.1)
                .setIntercept(ModelIntercept.FREE)
                .setSettle(SettlePolicy.NEVER)
                .build();
        for (int i = 0; i < 40; i++) {
            put(River.sample("s" + i, null, String.valueOf(random.nextGaussian()), features(0)));
        }
        open(spec);
        river.delete("r1", "s0", "s1", "s2");
        expected.keySet().removeAll(List.of("s0", "s1", "s2"));
        assertThat(river.latest("r").getKind()).isEqualTo(VersionKind.EXACT);
        assertThat(river.theta("r")).containsExactly(River.retrained(spec, expected.values()), within(1e-11));
    }

    @Test
    void shouldDeleteAWholeSubjectInSlices() {
        for (int i = 0; i < 100; i++) {
            put(River.sample("x" + i, "many", "a", features(0)));
        }
        load(60, "a", "b", "c");
        open(softmax("m"));
        Receipt receipt = river.deleteSubjects("r1", "many");
        assertThat(receipt.getApplied()).isEqualTo(100);
        expected.keySet().removeIf(id -> id.startsWith("x"));
        shouldEqualRetrained(softmax("m"));
        assertThat(river.deleteSubjects("r2", "many").getReasonCode()).isEqualTo("ALREADY_ERASED");
    }

    @Test
    void shouldKeepErasedDataOut() {
        load(60, "a", "b", "c");
        open(softmax("m"));
        river.delete("r1", "s3");
        river.deleteSubjects("r2", "u4");
        long requestTime = river.now();
        expected.values().removeIf(s -> s.getSampleId().equals("s3") || "u4".equals(s.getSubjectId()));
        river.put(River.sample("s3", "u3", "a", features(0)));
        river.put(River.sample("late", "u4", "a", features(0)), requestTime - 1000);
        Sample later = River.sample("later", "u4", "a", features(0));
        put(later);
        shouldEqualRetrained(softmax("m"));
    }

    @Test
    void shouldKeepASampleOutWhoseDeletionCameFirst() {
        load(30, "a", "b", "c");
        open(softmax("m"));
        Receipt receipt = river.delete("r1", "not-yet");
        assertThat(receipt.getStatus()).isEqualTo(ReceiptStatus.REFUSED);
        assertThat(receipt.getReasonCode()).isEqualTo("UNKNOWN_SAMPLE");
        river.put(River.sample("not-yet", null, "a", features(0)));
        shouldEqualRetrained(softmax("m"));
        assertThat(river.latest("m").getRows()).isEqualTo(30);
    }

    @Test
    void shouldApplyThePartThatIsKnown() {
        load(30, "a", "b", "c");
        open(softmax("m"));
        Receipt receipt = river.delete("r1", "s1", "nobody");
        assertThat(receipt.getStatus()).isEqualTo(ReceiptStatus.APPLIED);
        assertThat(receipt.getApplied()).isEqualTo(1);
        assertThat(receipt.getUnknown()).isEqualTo(1);
        Receipt again = river.delete("r2", "s1");
        assertThat(again.getStatus()).isEqualTo(ReceiptStatus.APPLIED);
        assertThat(again.getAlreadyErased()).isEqualTo(1);
    }

    @Test
    void shouldAnswerARepeatedRequestWithItsFirstReceipt() {
        load(30, "a", "b", "c");
        open(softmax("m"));
        Receipt first = river.delete("r1", "s1");
        int versions = river.versions().size();
        Receipt again = river.delete("r1", "s1");
        assertThat(again).isEqualTo(first);
        assertThat(river.versions()).hasSize(versions);
        Receipt conflict = river.delete("r1", "s2");
        assertThat(conflict.getStatus()).isEqualTo(ReceiptStatus.REFUSED);
        assertThat(conflict.getReasonCode()).isEqualTo("CONFLICT");
        assertThat(conflict.getReason())
                .contains("at " + first.getTopic() + "-" + first.getPartition() + "@" + first.getOffset() + ")");
        expected.remove("s1");
        shouldEqualRetrained(softmax("m"));
    }

    @Test
    void shouldRefuseAnUnknownClassAndAWrongFeatureCount() {
        load(30, "a", "b", "c");
        open(softmax("m"));
        assertThat(river.relabel("r1", "s1", "z").getReasonCode()).isEqualTo("UNKNOWN_CLASS");
        assertThat(river.rectify("r2", "s1", 1, 2).getReasonCode()).isEqualTo("FEATURE_COUNT");
        assertThat(river.rectify("r3", "s1", Double.NaN, 1, 2, 3).getReasonCode())
                .isEqualTo("NOT_FINITE");
        assertThat(river.ask(DeleteRequest.newBuilder()
                                .setRequestId("r4")
                                .setDataset(River.DATASET)
                                .build())
                        .getReasonCode())
                .isEqualTo("EMPTY_REQUEST");
        shouldEqualRetrained(softmax("m"));
    }

    @Test
    void shouldServeTwoModelsWithDifferentClassesOnOneDataset() {
        load(60, "a", "b", "c");
        var two = River.model("two", ModelFamily.LOGISTIC, FEATURES, 0.5)
                .setClasses(List.of("a", "b"))
                .build();
        open(softmax("m"));
        open(two);
        assertThat(river.latest("two").getRows()).isEqualTo(40);
        assertThat(river.latest("two").getRowsRefused()).isEqualTo(20);
        Receipt receipt = river.relabel("r1", "s0", "c");
        assertThat(receipt.getModels()).hasSize(2);
        expected.put("s0", Sample.newBuilder(expected.get("s0")).setLabel("c").build());
        river.put(River.sample("short", null, "a", 1, 2));
        shouldEqualRetrained(softmax("m"));
        shouldEqualRetrained(two);
        assertThat(river.latest("two").getRows()).isEqualTo(39);
    }

    @Test
    void shouldSendWhatItCannotReadToTheDeadLetters() {
        load(30, "a", "b", "c");
        open(softmax("m"));
        river.putRaw("no-slash", River.sample("x", null, "a", features(0)));
        river.put(River.sample("nan", null, "a", 1, 2, Double.NaN, 4));
        assertThat(river.deadLetters()).hasSize(2);
        var header = river.deadLetters().get(1).headers().lastHeader(Nodes.REASON_CODE_HEADER);
        assertThat(new String(header.value(), StandardCharsets.UTF_8)).isEqualTo("NOT_FINITE");
        shouldEqualRetrained(softmax("m"));
    }

    @Test
    void shouldStartWithoutSamplesAndEndWithoutThem() {
        var spec = softmax("m");
        open(spec);
        assertThat(river.latest("m").getRows()).isZero();
        load(30, "a", "b", "c");
        shouldEqualRetrained(spec);
        List<String> all = new ArrayList<>(expected.keySet());
        expected.clear();
        river.delete("r1", all.toArray(String[]::new));
        shouldEqualRetrained(spec);
        assertThat(river.latest("m").getRows()).isZero();
    }

    @Test
    void shouldStartWithoutSamplesWithAFreeIntercept() {
        var spec = ModelSpec.newBuilder(softmax("m"))
                .setIntercept(ModelIntercept.FREE)
                .build();
        open(spec);
        load(30, "a", "b", "c");
        shouldEqualRetrained(spec);
    }

    @Test
    void shouldSayWhenAModelCannotFollow() {
        var spec = River.model("r", ModelFamily.RIDGE, FEATURES, 0).build();
        for (int i = 0; i < 6; i++) {
            put(River.sample("s" + i, null, String.valueOf(random.nextGaussian()), features(0)));
        }
        open(spec);
        Receipt receipt = river.delete("r1", "s0", "s1", "s2");
        assertThat(receipt.getStatus()).isEqualTo(ReceiptStatus.FAILED);
        assertThat(receipt.getReasonCode()).isEqualTo("SINGULAR_CURVATURE");
        List.of("s0", "s1", "s2").forEach(expected::remove);
        for (int i = 10; i < 16; i++) {
            put(River.sample("s" + i, null, String.valueOf(random.nextGaussian()), features(0)));
        }
        shouldEqualRetrained(spec);
    }

    @Test
    void shouldGiveTheFirstParametersWhenADeletedRowComesBackUnderANewId() {
        load(30, "a", "b", "c");
        open(softmax("m"));
        river.delete("r1", "s3");
        Sample row = expected.remove("s3");
        put(Sample.newBuilder(row).setSampleId("again").build());
        shouldEqualRetrained(softmax("m"));
        put(row);
        expected.remove("s3");
        shouldEqualRetrained(softmax("m"));
    }

    @Test
    void shouldNotDependOnTheOrderOfRequests() {
        load(60, "a", "b", "c");
        open(softmax("m"));
        List<Integer> order = new ArrayList<>(IntStream.range(0, 20).boxed().toList());
        Collections.shuffle(order, random);
        for (int i : order) {
            if (i % 2 == 0) {
                river.send(new DeleteRequest("r" + i, River.DATASET, List.of("s" + i), List.of(), null, null));
                expected.remove("s" + i);
            } else {
                river.send(
                        new RelabelRequest("r" + i, River.DATASET, List.of(new Relabelling("s" + i, "b")), null, null));
                expectLabel("s" + i, "b");
            }
            river.send(new DeleteRequest("r0", River.DATASET, List.of("s0"), List.of(), null, null));
        }
        expected.remove("s0");
        shouldEqualRetrained(softmax("m"));
    }

    @Test
    void shouldNameNoSubjectAndNoFeatureValueInLogsAndReasons() {
        var log = (Logger) LoggerFactory.getLogger("dev.lethe");
        var seen = new ListAppender<ILoggingEvent>();
        seen.start();
        log.setLevel(Level.DEBUG);
        log.addAppender(seen);
        load(30, "a", "b", "c");
        open(softmax("m"));
        double secret = 0.123456789;
        put(River.sample("x", "jane-doe", "a", secret, secret, secret, secret));
        river.put(River.sample("y", "jane-doe", "a", secret, Double.NaN));
        river.put(River.sample("z", "jane-doe", "unknown", secret));
        river.rectify("r1", "x", secret);
        river.relabel("r2", "x", "unknown");
        river.deleteSubjects("r3", "jane-doe");
        river.deleteSubjects("r4", "jane-doe", "john-doe");
        river.deleteSubjects("r5", "john-doe");
        log.detachAppender(seen);
        List<String> texts = new ArrayList<>();
        seen.list.forEach(e -> texts.add(e.getFormattedMessage() + e.getKeyValuePairs()));
        river.receipts().forEach(r -> texts.add(r.toString()));
        river.versions().forEach(v -> texts.add(v.getReason() + v.getMethod() + v.getReliedOn()));
        river.deadLetters()
                .forEach(d -> d.headers().forEach(h -> texts.add(new String(h.value(), StandardCharsets.UTF_8))));
        assertThat(texts).isNotEmpty().noneMatch(t -> t.contains("-doe") || t.contains("0.12345"));
    }

    @Test
    void shouldRemoveOnAForeignTombstone() {
        load(30, "a", "b", "c");
        open(softmax("m"));
        river.putRaw(Topics.sampleKey(River.DATASET, "s7"), null);
        expected.remove("s7");
        shouldEqualRetrained(softmax("m"));
    }

    private static org.assertj.core.data.Offset<Double> within(double offset) {
        return org.assertj.core.data.Offset.offset(offset);
    }
}
