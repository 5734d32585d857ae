package dev.lethe.streams.cli.replay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lethe.unlearn.format.FileFormatException;
import dev.lethe.unlearn.format.ModelWeights;
import dev.lethe.unlearn.objective.Family;
import dev.lethe.unlearn.objective.Intercept;
import dev.lethe.unlearn.objective.Objective;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The batch form from files to files, through the real broker and the real topology. */
class ReplayIT {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Objective LINE = new Objective(Family.RIDGE, 1, 1, Intercept.FREE, 0);
    private static final double EXACT = 1e-12;

    @TempDir
    Path dir;

    private ReplaySummary replay(String samples, String... events) throws IOException {
        Path model = Files.writeString(
                dir.resolve("model.yaml"),
                "id: line\ndataset: points\nfamily: ridge\nfeatures: 1\nintercept: free\nl2: 0\n");
        Path rows = Files.writeString(dir.resolve("samples.csv"), samples);
        Path lines = Files.write(dir.resolve("events.jsonl"), List.of(events));
        var inputs = new Replay.Inputs(model, rows.toString(), lines, dir.resolve("out"), Duration.ofSeconds(60));
        return new Replay(inputs).run();
    }

    private double[] theta(String export) {
        return ModelWeights.read(dir.resolve("out").resolve(export).resolve("weights.safetensors"), LINE);
    }

    private List<JsonNode> receipts() throws IOException {
        return Files.readAllLines(dir.resolve("out/receipts.jsonl")).stream()
                .map(ReplayIT::json)
                .toList();
    }

    private static JsonNode json(String line) {
        try {
            return JSON.readTree(line);
        } catch (IOException e) {
            throw new AssertionError(line, e);
        }
    }

    /** The worked example: (0,0), (1,1.5), (2,2) and its refits; every kind of line once. */
    @Test
    void shouldActInFileOrder() throws IOException {
        ReplaySummary summary = replay(
                "sample_id,subject_id,label,x\na,anna,0,0\nb,ben,1.5,1\nc,carl,2,2\n",
                "{\"type\":\"export\",\"as\":\"before\"}",
                "{\"type\":\"delete\",\"request_id\":\"r1\",\"samples\":[\"a\"]}",
                "{\"type\":\"export\",\"as\":\"without-a\"}",
                "{\"type\":\"put\",\"sample\":{\"id\":\"a\",\"label\":\"0\",\"features\":[0]}}",
                "{\"type\":\"export\",\"as\":\"a-stays-out\"}",
                "{\"type\":\"put\",\"sample\":{\"id\":\"a2\",\"subject\":\"anna\",\"label\":0,\"features\":[0]}}",
                "{\"type\":\"delete\",\"request_id\":\"r2\",\"subjects\":[\"ben\"]}",
                "{\"type\":\"delete\",\"request_id\":\"r1\",\"samples\":[\"a\"]}",
                "{\"type\":\"delete\",\"request_id\":\"r1\",\"samples\":[\"c\"]}",
                "no json",
                "{\"type\":\"put\",\"sample\":{\"id\":\"d\",\"label\":\"1\",\"features\":[1,2]}}",
                "{\"type\":\"delete\",\"request_id\":\"r3\",\"samples\":[\"nobody\"]}",
                "{\"type\":\"await\",\"until\":\"settled\"}",
                "{\"type\":\"export\",\"as\":\"without-b\"}",
                "{\"type\":\"put\",\"sample\":{\"id\":\"b2\",\"subject\":\"ben\",\"label\":\"1.5\",\"features\":[1]}}",
                "{\"type\":\"relabel\",\"request_id\":\"r4\",\"samples\":[{\"id\":\"b2\",\"label\":\"1\"}]}",
                "{\"type\":\"rectify\",\"request_id\":\"r5\",\"samples\":[{\"id\":\"b2\",\"features\":[1]}]}");

        assertThat(summary.failed()).isFalse();
        assertThat(theta("before")).containsExactly(new double[] {1, 1 / 6.0}, within(EXACT));
        assertThat(theta("without-a")).containsExactly(new double[] {0.5, 1}, within(EXACT));
        assertThat(theta("a-stays-out")).containsExactly(new double[] {0.5, 1}, within(EXACT));
        assertThat(theta("without-b")).containsExactly(new double[] {1, 0}, within(EXACT));
        // (0,0), (1,1), (2,2)
        assertThat(theta("final")).containsExactly(new double[] {1, 0}, within(EXACT));
        assertReceipts(receipts());
        assertThat(json(Files.readString(dir.resolve("out/final/manifest.json")))
                        .path("software")
                        .asText())
                .matches("lethe \\d.+");
    }

    private static void assertReceipts(List<JsonNode> rows) {
        assertThat(rows)
                .extracting(row -> row.path("request_id").asText("-"))
                .containsExactly("r1", "r2", "r1", "-", "-", "r3", "r4", "r5");
        assertThat(rows)
                .extracting(row -> row.path("status").asText("-"))
                .containsExactly("APPLIED", "APPLIED", "REFUSED", "-", "-", "REFUSED", "APPLIED", "APPLIED");
        assertThat(rows.get(2).path("reason_code").asText()).isEqualTo("CONFLICT");
        assertThat(rows.get(2).path("line").asInt()).isEqualTo(9);
        assertThat(rows.get(3).path("line").asInt()).isEqualTo(10);
        assertThat(rows.get(3).path("reason_code").asText()).isEqualTo("NOT_JSON");
        assertThat(rows.get(4).path("line").asInt()).isEqualTo(11);
        assertThat(rows.get(4).path("reason_code").asText()).isEqualTo("FEATURE_COUNT");
        assertThat(rows.get(5).path("reason_code").asText()).isEqualTo("UNKNOWN_SAMPLE");
    }

    @Test
    void shouldPipelineManyRequestsAndCountThem() throws IOException {
        StringBuilder rows = new StringBuilder("sample_id,label,x\n");
        String[] events = new String[1200];
        for (int i = 0; i < events.length; i++) {
            events[i] = "{\"type\":\"delete\",\"request_id\":\"r" + i + "\",\"samples\":[\"s" + i + "\"]}";
            rows.append("s")
                    .append(i)
                    .append(",")
                    .append(i % 7)
                    .append(",")
                    .append(i % 11)
                    .append("\n");
        }
        rows.append("a,0,0\nb,1.5,1\nc,2,2\n");

        ReplaySummary summary = replay(rows.toString(), events);

        assertThat(summary.failed()).isFalse();
        assertThat(theta("final")).containsExactly(new double[] {1, 1 / 6.0}, within(1e-9));
        assertThat(receipts())
                .hasSize(events.length)
                .allSatisfy(row -> assertThat(row.path("status").asText()).isEqualTo("APPLIED"));
        JsonNode counts =
                json(Files.readString(dir.resolve("out/summary.json"))).path("counts");
        assertThat(counts.path("applied").asInt()).isEqualTo(events.length);
    }

    @Test
    void shouldNameBothLinesOfADuplicateId() {
        assertThatThrownBy(() -> replay("sample_id,label,x\na,0,0\nb,1,1\na,2,2\n"))
                .isInstanceOf(FileFormatException.class)
                .hasMessageContaining("line 4")
                .hasMessageContaining("line 2");
    }

    @Test
    void shouldFitAModelWithoutSamples() throws IOException {
        Path model = Files.writeString(
                dir.resolve("model.yaml"),
                "id: m\ndataset: d\nfamily: logistic\nclasses: [a, b]\nfeatures: 2\nintercept: penalised\nl2: 1\n");
        Path rows = Files.writeString(dir.resolve("samples.csv"), "sample_id,label,x,y\n");
        Path events = Files.writeString(dir.resolve("events.jsonl"), "");

        ReplaySummary summary = new Replay(
                        new Replay.Inputs(model, rows.toString(), events, dir.resolve("out"), Duration.ofSeconds(60)))
                .run();

        assertThat(summary.failed()).isFalse();
        assertThat(dir.resolve("out/final/weights.safetensors")).exists();
    }
}
