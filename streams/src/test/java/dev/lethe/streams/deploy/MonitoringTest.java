package dev.lethe.streams.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** Alerts say what to do; the names they ask for are checked against a running service in PublishIT. */
class MonitoringTest {
    private static final Path DEPLOY = Path.of("..", "deploy");

    private final JsonNode rules = new YAMLMapper()
            .readTree(DEPLOY.resolve("prometheus").resolve("alerts.yaml").toFile())
            .at("/groups/0/rules");

    MonitoringTest() throws IOException {}

    @Test
    void shouldAskForTheLegalDeadlineFirst() {
        assertThat(rules.get(0).path("alert").asText()).isEqualTo("LetheRequestNearDeadline");
        assertThat(rules.get(0).path("expr").asText()).contains("lethe_request_age_oldest_seconds");
    }

    @Test
    void shouldSayWhatToDoForEveryAlert() throws IOException {
        String page = Files.readString(DEPLOY.resolve("OPERATIONS.md"));

        assertThat(rules).hasSizeGreaterThan(5).allSatisfy(rule -> {
            assertThat(page).contains("### " + rule.path("alert").asText() + "\n");
            assertThat(rule.at("/annotations/summary").asText()).isNotBlank();
            assertThat(rule.at("/labels/severity").asText()).isIn("critical", "warning");
        });
    }

    @Test
    void shouldAskOnlyForMetrics() throws IOException {
        assertThat(MetricNames.expressions())
                .allSatisfy(e -> assertThat(e).containsPattern("\\b(up|(lethe|kafka|jvm|process|disk)_)"));
    }
}
