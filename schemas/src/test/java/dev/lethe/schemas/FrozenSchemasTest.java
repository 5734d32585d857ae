package dev.lethe.schemas;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.avro.Schema;
import org.junit.jupiter.api.Test;

class FrozenSchemasTest {

    @Test
    void shouldPackEveryFrozenSchema() throws IOException {
        List<Schema> packed = new ArrayList<>();
        SchemaHistory.today().forEach(type -> packed.addAll(FrozenSchemas.of(type.getSimpleName())));
        List<Schema> files = new ArrayList<>();
        for (Path file : SchemaHistory.ofModule().files()) {
            files.add(SchemaHistory.parse(file));
        }

        assertThat(packed).isNotEmpty().containsExactlyInAnyOrderElementsOf(files);
    }

    @Test
    void shouldHaveNoneForATypeThatWasNeverReleased() {
        assertThat(FrozenSchemas.of("NeverReleased")).isEmpty();
    }
}
