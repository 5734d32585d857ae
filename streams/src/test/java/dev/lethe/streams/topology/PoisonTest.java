package dev.lethe.streams.topology;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lethe.schemas.DeleteRequest;
import dev.lethe.schemas.ModelFamily;
import dev.lethe.schemas.ModelSpec;
import dev.lethe.schemas.ReceiptStatus;
import dev.lethe.schemas.Rectification;
import dev.lethe.schemas.RectifyRequest;
import dev.lethe.schemas.RelabelRequest;
import dev.lethe.schemas.Relabelling;
import dev.lethe.schemas.Sample;
import dev.lethe.schemas.SettleUntil;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.apache.avro.specific.SpecificRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Broken and hostile records on every topic that others write: each is refused or put aside, and the rest goes on. */
class PoisonTest {
    private static final long SEED = Long.getLong("lethe.seed", 99);
    private static final int MUTATIONS = Integer.getInteger("lethe.mutations", 10_000);
    private static final int FEATURES = 3;

    @TempDir
    Path directory;

    private final Random random = new Random(SEED);
    private final Map<String, Sample> expected = new LinkedHashMap<>();

    private static ModelSpec model(String id) {
        return River.model(id, ModelFamily.LOGISTIC, FEATURES, 1)
                .setClasses(List.of("a", "b"))
                .build();
    }

    private Sample sample(String id) {
        return River.sample(
                id,
                "u",
                random.nextBoolean() ? "a" : "b",
                random.doubles(FEATURES).toArray());
    }

    @Test
    void shouldGoOnAfterMutatedRecords() {
        try (var river = new River(directory, 16)) {
            for (int i = 0; i < 40; i++) {
                Sample sample = sample("s" + i);
                expected.put(sample.getSampleId(), sample);
                river.put(sample);
            }
            river.put(model("m"));
            river.awaitVersion("m", 1);
            Topics topics = River.topics();
            for (int i = 0; i < MUTATIONS; i++) {
                switch (i % 400 == 0 ? 0 : 1 + random.nextInt(39)) {
                    case 0 -> river.putBytes(topics.models(), "x" + i, mutated(elsewhere(model("x" + i))));
                    case 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 ->
                        river.putBytes(topics.requests(), "elsewhere", mutated(request(i)));
                    default -> river.putBytes(topics.samples(), "elsewhere/x" + i, mutated(elsewhere(sample("x" + i))));
                }
            }
            assertThat(river.deadLetters()).as("seed %d", SEED).hasSizeGreaterThan(MUTATIONS / 4);
            assertThat(river.delete("sane", "s1").getStatus())
                    .as("seed %d", SEED)
                    .isEqualTo(ReceiptStatus.APPLIED);
            expected.remove("s1");
            assertThat(river.settle(SettleUntil.SETTLED).getStatus()).isEqualTo(ReceiptStatus.APPLIED);
            double[] want = River.retrained(model("m"), expected.values());
            assertThat(river.theta("m"))
                    .as("seed %d", SEED)
                    .containsExactly(want, org.assertj.core.data.Offset.offset(1e-9));
            shouldHaveOneReceiptPerRequest(river);
        }
    }

    private static void shouldHaveOneReceiptPerRequest(River river) {
        Set<String> seen = new HashSet<>();
        river.receipts().stream()
                .filter(r -> r.getStatus() == ReceiptStatus.APPLIED)
                .forEach(r -> assertThat(seen.add(r.getRequestId() + r.getOffset()))
                        .as("seed %d", SEED)
                        .isTrue());
    }

    /** Another dataset, so that what still decodes by chance does not change what is expected of this one. */
    private static Sample elsewhere(Sample sample) {
        return Sample.newBuilder(sample).setDataset("elsewhere").build();
    }

    private static ModelSpec elsewhere(ModelSpec spec) {
        return ModelSpec.newBuilder(spec).setDataset("elsewhere").build();
    }

    private SpecificRecord request(int i) {
        String id = "p" + i;
        return switch (random.nextInt(3)) {
            case 0 -> new DeleteRequest(id, "elsewhere", List.of("x1", "x2"), List.of("u"), null, null);
            case 1 -> new RelabelRequest(id, "elsewhere", List.of(new Relabelling("x" + i, "b")), null, null);
            default ->
                new RectifyRequest(
                        id,
                        "elsewhere",
                        List.of(new Rectification("x" + i, Doubles.toBuffer(new double[] {1, 2, 3}))),
                        null,
                        null);
        };
    }

    private byte[] mutated(SpecificRecord record) {
        byte[] bytes = Messages.encode(record);
        return switch (random.nextInt(4)) {
            case 0 -> flipped(bytes);
            case 1 -> java.util.Arrays.copyOf(bytes, random.nextInt(bytes.length));
            case 2 -> java.util.Arrays.copyOf(bytes, bytes.length + 1 + random.nextInt(20));
            default -> overwritten(bytes);
        };
    }

    private byte[] flipped(byte[] bytes) {
        for (int i = 0; i <= random.nextInt(3); i++) {
            bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
        }
        return bytes;
    }

    private byte[] overwritten(byte[] bytes) {
        int from = random.nextInt(bytes.length);
        for (int i = from; i < Math.min(bytes.length, from + 8); i++) {
            bytes[i] = (byte) random.nextInt(256);
        }
        return bytes;
    }
}
