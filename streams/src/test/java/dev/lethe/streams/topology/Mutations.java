package dev.lethe.streams.topology;

import dev.lethe.schemas.DeleteRequest;
import dev.lethe.schemas.ModelFamily;
import dev.lethe.schemas.ModelSpec;
import dev.lethe.schemas.Rectification;
import dev.lethe.schemas.RectifyRequest;
import dev.lethe.schemas.RelabelRequest;
import dev.lethe.schemas.Relabelling;
import dev.lethe.schemas.Sample;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.apache.avro.specific.SpecificRecord;

/**
 * A seeded stream of valid records with flipped, cut off, appended and overwritten bytes, for every topic that others
 * write. They are of another dataset, so that what still decodes by chance changes nothing that a test expects.
 */
final class Mutations {
    private static final String DATASET = "elsewhere";
    private static final int FEATURES = 3;

    private final Random random;
    private final Topics topics;
    private int made;

    /** A record as bytes. */
    record Mutated(Topic<?, ?> topic, String key, byte[] value) {}

    Mutations(long seed, Topics topics) {
        random = new Random(seed);
        this.topics = topics;
    }

    Mutated next() {
        int i = made++;
        // A model that still decodes is opened, and each costs a little from then on: few of them.
        return switch (i % 400 == 0 ? 0 : 1 + random.nextInt(39)) {
            case 0 -> new Mutated(topics.models(), "x" + i, mutated(model("x" + i)));
            case 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 ->
                new Mutated(topics.requests(), DATASET, mutated(request(i)));
            default -> new Mutated(topics.samples(), DATASET + "/x" + i, mutated(sample("x" + i)));
        };
    }

    private static ModelSpec model(String id) {
        return River.model(id, ModelFamily.LOGISTIC, FEATURES, 1)
                .setDataset(DATASET)
                .setClasses(List.of("a", "b"))
                .build();
    }

    private Sample sample(String id) {
        double[] x = random.doubles(FEATURES).toArray();
        return new Sample(DATASET, id, "u", Doubles.toBuffer(x), random.nextBoolean() ? "a" : "b", 1.0);
    }

    private SpecificRecord request(int i) {
        String id = "p" + i;
        return switch (random.nextInt(3)) {
            case 0 -> new DeleteRequest(id, DATASET, List.of("x1", "x2"), List.of("u"), null, null);
            case 1 -> new RelabelRequest(id, DATASET, List.of(new Relabelling("x" + i, "b")), null, null);
            default ->
                new RectifyRequest(
                        id,
                        DATASET,
                        List.of(new Rectification("x" + i, Doubles.toBuffer(new double[] {1, 2, 3}))),
                        null,
                        null);
        };
    }

    private byte[] mutated(SpecificRecord record) {
        byte[] bytes = Messages.encode(record);
        return switch (random.nextInt(4)) {
            case 0 -> flipped(bytes);
            case 1 -> Arrays.copyOf(bytes, random.nextInt(bytes.length));
            case 2 -> Arrays.copyOf(bytes, bytes.length + 1 + random.nextInt(20));
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
