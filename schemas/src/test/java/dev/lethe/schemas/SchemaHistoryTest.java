package dev.lethe.schemas;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.avro.Schema;
import org.apache.avro.SchemaCompatibility;
import org.apache.avro.SchemaCompatibility.Incompatibility;
import org.apache.avro.SchemaCompatibility.SchemaCompatibilityType;
import org.apache.avro.SchemaCompatibility.SchemaPairCompatibility;
import org.apache.avro.specific.SpecificRecord;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Full compatibility of today's schemas with every frozen version, checked without a registry. */
class SchemaHistoryTest {
    /** Records that came after the last frozen version; the next one takes them in. */
    private static final Set<String> SINCE = Set.of();

    private final SchemaHistory history = SchemaHistory.ofModule();

    @BeforeEach
    void skipBeforeTheFirstRelease() {
        assumeThat(history.isEmpty())
                .as("schemas/history is empty: nothing was released yet. To freeze: " + SchemaHistory.HOW_TO_FREEZE)
                .isFalse();
    }

    @Test
    void shouldReadWhatEveryFrozenVersionWrote() throws IOException {
        for (Path file : history.files()) {
            Schema frozen = SchemaHistory.parse(file);
            assertReads(today(frozen), frozen, "today's software", file.toString());
        }
    }

    @Test
    void shouldWriteWhatEveryFrozenVersionReads() throws IOException {
        for (Path file : history.files()) {
            Schema frozen = SchemaHistory.parse(file);
            assertReads(frozen, today(frozen), file.toString(), "today's software");
        }
    }

    @Test
    void shouldHaveAFrozenSchemaForEveryRecord() {
        List<String> frozen = history.files().stream()
                .map(f -> f.getFileName().toString().replace(".avsc", ""))
                .toList();

        assertThat(SchemaHistory.today())
                .extracting(Class::getSimpleName)
                .as("each record needs a frozen schema; freeze a new version: " + SchemaHistory.HOW_TO_FREEZE)
                .filteredOn(name -> !SINCE.contains(name))
                .isSubsetOf(frozen);
        assertThat(frozen)
                .as("frozen, so no longer new")
                .filteredOn(SINCE::contains)
                .isEmpty();
    }

    private static Schema today(Schema frozen) {
        Class<? extends SpecificRecord> type = SchemaHistory.type(frozen.getFullName());
        return SchemaHistory.schema(type);
    }

    private static void assertReads(Schema reader, Schema writer, String readerName, String writerName) {
        SchemaPairCompatibility answer = SchemaCompatibility.checkReaderWriterCompatibility(reader, writer);
        assertThat(answer.getType())
                .as(
                        "%s: %s cannot read what %s writes (%s). Give new fields a default, keep the removed ones,"
                                + " do not rename, add no enum symbol without a default. If that version was never"
                                + " released, delete its folder and freeze again: %s",
                        reader.getName(), readerName, writerName, reasons(answer), SchemaHistory.HOW_TO_FREEZE)
                .isEqualTo(SchemaCompatibilityType.COMPATIBLE);
    }

    private static String reasons(SchemaPairCompatibility answer) {
        Stream<Incompatibility> reasons = answer.getResult().getIncompatibilities().stream();
        return reasons.map(i -> i.getType() + " at " + i.getLocation() + ": " + i.getMessage())
                .collect(Collectors.joining("; "));
    }
}
