package dev.lethe.streams.topology;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lethe.schemas.DeleteRequest;
import dev.lethe.schemas.ModelNotice;
import dev.lethe.schemas.Notices;
import dev.lethe.schemas.Part;
import dev.lethe.schemas.Parts;
import dev.lethe.schemas.Rectification;
import dev.lethe.schemas.RectifyRequest;
import dev.lethe.schemas.RelabelRequest;
import dev.lethe.schemas.Relabelling;
import dev.lethe.schemas.SettleRequest;
import dev.lethe.schemas.SettleUntil;
import dev.lethe.schemas.ShardNotice;
import java.time.Instant;
import java.util.List;
import org.apache.avro.specific.SpecificRecord;
import org.junit.jupiter.api.Test;

class UnionWriterTest {
    /** ASCII, two bytes, three bytes, four bytes. */
    private static final String TEXT = "a\u007f\u0080\u00e9\u20ac\ud83d\ude00z";

    private static final Instant TIME = Instant.ofEpochMilli(1_700_000_000_000L);

    private static List<Part> parts() {
        var features = new Rectification(TEXT, Doubles.toBuffer(new double[] {1, -2.5}));
        return List.of(
                new Part(new DeleteRequest(TEXT, "d", List.of(TEXT, "b"), List.of("p"), TIME, null), 1L, 2, 3L, 4),
                new Part(new RelabelRequest("r", "d", List.of(new Relabelling("a", TEXT)), null, TIME), -1L, 0, -1L, 0),
                new Part(new RectifyRequest("r", "d", List.of(features), null, null), Long.MAX_VALUE, 7, 0L, 12),
                new Part(new SettleRequest("r", "d", SettleUntil.SETTLED, TIME, TIME), 0L, 1, 1L << 40, 1));
    }

    private static List<SpecificRecord> notices() {
        return List.of(
                new ShardNotice("r", 3, 1L, 1L, 0L, 2L, "CODE", TEXT, List.of(0, 9), List.of(1), List.of("m", TEXT)),
                new ModelNotice(TEXT, "m", 7L, "digest", null, 0.5, null, 1e-9, null, null, null, null));
    }

    private static void assertWrittenAsAvroDoes(SpecificRecord message) throws Exception {
        assertThat(Messages.encode(message)).isEqualTo(EncodingTest.avro(message));
    }

    @Test
    void shouldWritePartsAsAvroDoes() throws Exception {
        for (Part part : parts()) {
            assertWrittenAsAvroDoes(part);
        }
        assertWrittenAsAvroDoes(new Parts(parts()));
        assertWrittenAsAvroDoes(new Parts(List.of()));
    }

    @Test
    void shouldWriteNoticesAsAvroDoes() throws Exception {
        assertWrittenAsAvroDoes(new Notices(List.copyOf(notices())));
        assertWrittenAsAvroDoes(new Notices(List.of()));
    }

    /** A field that is added to one of these records has to be written here as well. */
    @Test
    void shouldKnowEveryFieldOfThem() {
        assertThat(Part.getClassSchema().getFields()).hasSize(5);
        assertThat(Parts.getClassSchema().getFields()).hasSize(1);
        assertThat(Notices.getClassSchema().getFields()).hasSize(1);
    }
}
