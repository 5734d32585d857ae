package dev.lethe.schemas;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import org.apache.avro.Schema;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

class SchemaFreezeTest {

    @TempDir
    private Path folder;

    /** Not a check but the tool: see {@link SchemaHistory#HOW_TO_FREEZE}. */
    @Test
    @EnabledIfSystemProperty(named = SchemaHistory.FREEZE, matches = "v\\d+")
    void shouldFreezeTodaysSchemas() throws IOException {
        SchemaHistory.ofModule().freeze(System.getProperty(SchemaHistory.FREEZE));
    }

    @Test
    void shouldFreezeCompleteSchemasOnce() throws IOException {
        SchemaHistory history = new SchemaHistory(folder);
        history.freeze("v1");

        assertThat(history.files()).hasSameSizeAs(SchemaHistory.today());
        Schema part = SchemaHistory.parse(folder.resolve("v1").resolve("Part.avsc"));
        assertThat(part).isEqualTo(SchemaHistory.schema(Part.class));
        assertThatThrownBy(() -> history.freeze("v1")).hasMessageContaining("does not change");
    }
}
