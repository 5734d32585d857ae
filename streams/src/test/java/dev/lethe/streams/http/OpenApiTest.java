package dev.lethe.streams.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.lethe.streams.metrics.Instruments;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The description and the routes are the same. */
class OpenApiTest {
    private static final List<String> METHODS = List.of("get", "post", "put", "patch", "delete");

    private final JsonNode api =
            new YAMLMapper().readTree(Path.of("..", "schemas", "openapi.yaml").toFile());

    OpenApiTest() throws IOException {}

    private static List<String> routes() {
        Health health = new Health() {
            @Override
            public Optional<String> failure() {
                return Optional.empty();
            }

            @Override
            public List<String> obstacles() {
                return List.of();
            }

            @Override
            public List<String> warnings() {
                return List.of();
            }
        };
        try (Instruments instruments = new Instruments()) {
            return Routes.of(health, instruments.registry(), new FakeModels(), () -> null).stream()
                    .map(route -> route.method().name().toLowerCase(Locale.ROOT) + " " + route.path())
                    .toList();
        }
    }

    private List<String> described() {
        List<String> operations = new ArrayList<>();
        api.path("paths")
                .properties()
                .forEach(path -> path.getValue().fieldNames().forEachRemaining(key -> {
                    if (METHODS.contains(key)) {
                        operations.add(key + " " + path.getKey());
                    }
                }));
        return operations;
    }

    @Test
    void shouldDescribeEveryRouteAndNothingElse() {
        assertThat(described()).isNotEmpty().containsExactlyInAnyOrderElementsOf(routes());
    }

    @Test
    void shouldPointOnlyAtWhatIsThere() {
        List<String> references =
                api.findValues("$ref").stream().map(JsonNode::asText).toList();

        assertThat(references)
                .isNotEmpty()
                .allSatisfy(
                        reference -> assertThat(api.at(reference.substring(1)).isMissingNode())
                                .as(reference)
                                .isFalse());
    }

    @Test
    void shouldNameEveryOperationOnce() {
        assertThat(api.findValues("operationId"))
                .extracting(JsonNode::asText)
                .hasSameSizeAs(described())
                .doesNotHaveDuplicates();
    }
}
