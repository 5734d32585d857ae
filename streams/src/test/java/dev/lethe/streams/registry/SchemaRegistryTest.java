package dev.lethe.streams.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lethe.schemas.Sample;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import org.apache.kafka.common.errors.SerializationException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SchemaRegistryTest {
    private final RegistryServer server = new RegistryServer();

    private SchemaRegistry registry(Map<String, String> environment) {
        return new SchemaRegistry(URI.create(server.url() + "/"), environment, Duration.ZERO);
    }

    @AfterEach
    void close() {
        server.close();
    }

    @Test
    void shouldAskForASchemaOnce() {
        server.put(7, Sample.getClassSchema().toString());
        SchemaRegistry registry = registry(Map.of());

        assertThat(registry.schema(7)).isEqualTo(Sample.getClassSchema());
        assertThat(registry.schema(7)).isEqualTo(Sample.getClassSchema());
        assertThat(server.authorizations()).containsExactly("null");
    }

    @Test
    void shouldSayWhoItIs() {
        server.put(7, Sample.getClassSchema().toString());

        registry(Map.of("SCHEMA_REGISTRY_BASIC_AUTH_USER_INFO", "u:p")).schema(7);

        assertThat(server.authorizations()).containsExactly("Basic dTpw");
    }

    /** The record is at fault, and will be. */
    @Test
    void shouldRefuseWhatIsNoAvroSchema() {
        server.answer(1, "{\"schemaType\":\"PROTOBUF\",\"schema\":\"message A {}\"}");
        server.answer(2, "{\"schema\":\"{\\\"type\\\":\\\"no such\\\"}\"}");

        for (int id = 0; id <= 2; id++) {
            int asked = id;
            assertThatThrownBy(() -> registry(Map.of()).schema(asked))
                    .isInstanceOf(SerializationException.class)
                    .hasMessageContaining("schema " + asked);
        }
    }

    /** The record is not at fault. */
    @Test
    void shouldTellARegistryThatIsAwayFromASchemaThatIsNotThere() {
        server.put(7, Sample.getClassSchema().toString());
        server.broken(true);
        SchemaRegistry registry = registry(Map.of());
        assertThatThrownBy(() -> registry.schema(7))
                .isInstanceOf(RegistryUnavailableException.class)
                .hasMessageContaining("status 500");

        server.broken(false);
        assertThat(registry.schema(7)).isEqualTo(Sample.getClassSchema());
    }
}
