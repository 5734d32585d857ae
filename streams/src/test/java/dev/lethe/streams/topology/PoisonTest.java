package dev.lethe.streams.topology;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lethe.schemas.ModelFamily;
import dev.lethe.schemas.ModelSpec;
import dev.lethe.schemas.ReceiptStatus;
import dev.lethe.schemas.Sample;
import dev.lethe.schemas.SettleUntil;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.assertj.core.data.Offset;
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
    private final Mutations mutations = new Mutations(SEED, River.topics());
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
        try (var river = new River(directory, 256)) {
            for (int i = 0; i < 40; i++) {
                Sample sample = sample("s" + i);
                expected.put(sample.getSampleId(), sample);
                river.put(sample);
            }
            river.put(model("m"));
            river.awaitVersion("m", 1);
            for (int i = 0; i < MUTATIONS; i++) {
                var mutated = mutations.next();
                river.putBytes(mutated.topic(), mutated.key(), mutated.value());
            }
            assertThat(river.deadLetters()).as("seed %d", SEED).hasSizeGreaterThan(MUTATIONS / 4);
            assertThat(river.delete("sane", "s1").getStatus())
                    .as("seed %d", SEED)
                    .isEqualTo(ReceiptStatus.APPLIED);
            expected.remove("s1");
            assertThat(river.settle(SettleUntil.SETTLED).getStatus()).isEqualTo(ReceiptStatus.APPLIED);
            double[] want = River.retrained(model("m"), expected.values());
            assertThat(river.theta("m")).as("seed %d", SEED).containsExactly(want, Offset.offset(1e-9));
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
}
