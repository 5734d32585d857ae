package dev.lethe.streams.cli.replay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lethe.schemas.FeatureTransform;
import dev.lethe.schemas.LearnedFrom;
import dev.lethe.schemas.ModelFamily;
import dev.lethe.schemas.ModelIntercept;
import dev.lethe.schemas.ModelReceipt;
import dev.lethe.schemas.ModelSpec;
import dev.lethe.schemas.ModelVersion;
import dev.lethe.schemas.Receipt;
import dev.lethe.schemas.ReceiptStatus;
import dev.lethe.schemas.RequestType;
import dev.lethe.schemas.RowNorm;
import dev.lethe.schemas.SettlePolicy;
import dev.lethe.schemas.VersionKind;
import dev.lethe.streams.config.Specs;
import dev.lethe.streams.publish.ReceiptJson;
import dev.lethe.streams.publish.VersionFiles;
import dev.lethe.streams.topology.Doubles;
import dev.lethe.unlearn.format.ModelWeights;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OutputFolderTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final double[] THETA = {1, 2, 0.5};

    @TempDir
    private Path folder;

    @Test
    void shouldWriteWeightsAndManifest() throws IOException {
        ModelSpec spec = spec();
        OutputFolder.create(folder.resolve("out"))
                .version("after", version(spec).build(), spec);

        Path after = folder.resolve("out").resolve("after");
        byte[] weights = Files.readAllBytes(after.resolve("weights.safetensors"));
        JsonNode manifest = JSON.readTree(after.resolve("manifest.json").toFile());
        assertThat(ModelWeights.read("w", weights, Specs.objective(spec))).containsExactly(THETA);
        assertThat(manifest.get("digest").asText()).isEqualTo(ModelWeights.digest(weights));
        assertThat(manifest.get("model").asText()).isEqualTo("m");
        assertThat(manifest.get("version").asLong()).isEqualTo(7);
        assertThat(manifest.get("kind").asText()).isEqualTo("PATCHED");
        assertThat(manifest.get("residual_bound").asDouble()).isEqualTo(0.25);
        assertThat(manifest.get("distance_bound").isNull()).isTrue();
        assertThat(manifest.get("relied_on").get(0).asText()).isEqualTo("R >= max norm");
        assertThat(manifest.get("learned_from").asText()).isEqualTo("this-dataset");
        assertThat(manifest.get("created_at").asText()).isEqualTo("2026-01-01T00:00:00Z");
        assertThat(manifest.properties())
                .extracting(e -> e.getKey())
                .contains("dataset", "parent", "residual_measured", "local_distance", "rows", "rows_refused")
                .contains("changes_since_anchor", "method", "reason_code", "reason", "software", "platform");
    }

    @Test
    void shouldReplaceWhatIsThereAndLeaveNothingElse() throws IOException {
        ModelSpec spec = spec();
        OutputFolder out = OutputFolder.create(folder);
        out.version("a", version(spec).build(), spec);
        out.version("a", version(spec).setVersion(8).build(), spec);

        assertThat(JSON.readTree(folder.resolve("a/manifest.json").toFile())
                        .get("version")
                        .asLong())
                .isEqualTo(8);
        try (Stream<Path> files = Files.list(folder.resolve("a"))) {
            assertThat(files).hasSize(2);
        }
    }

    @Test
    void shouldRefuseAVersionWhoseDigestIsNotThatOfItsParameters() {
        ModelSpec spec = spec();
        ModelVersion damaged = version(spec).setDigest("00").build();

        assertThatThrownBy(() -> OutputFolder.create(folder).version("a", damaged, spec))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("model m version 7: expected digest 00");
    }

    @Test
    void shouldWriteReceiptsAndBadLines() throws IOException {
        OutputFolder.create(folder)
                .receipts(List.of(ReceiptJson.of(receipt()), ReceiptJson.badLine(3, "NOT_JSON", "expected ...")));

        List<String> lines = Files.readAllLines(folder.resolve("receipts.jsonl"));
        assertThat(lines)
                .containsExactly(
                        "{\"request_id\":\"r1\",\"status\":\"APPLIED\",\"version\":7,\"applied\":2,\"unknown\":1,"
                                + "\"already_erased\":0,\"refused\":0,\"reason_code\":null,\"reason\":null}",
                        "{\"line\":3,\"reason_code\":\"NOT_JSON\",\"reason\":\"expected ...\"}");
    }

    @Test
    void shouldTellWhatEachModelMadeOfARequest() {
        JsonNode json = ReceiptJson.detailed(receipt());

        assertThat(json.get("models").get(0).get("kind").asText()).isEqualTo("PATCHED");
        assertThat(json.get("models").get(0).get("residual_bound").isNull()).isTrue();
        assertThat(json.get("requested_at").asText()).isEqualTo("1970-01-01T00:00:01Z");
    }

    @Test
    void shouldWriteTheSummary() throws IOException {
        OutputFolder.create(folder).summary(JSON.createObjectNode().put("events", 3));

        assertThat(folder.resolve("summary.json")).content().isEqualTo("{\n  \"events\" : 3\n}\n");
    }

    @Test
    void shouldRefuseAFileInItsPlace() throws IOException {
        Path file = Files.writeString(folder.resolve("out"), "");

        assertThatThrownBy(() -> OutputFolder.create(file)).hasMessageContaining("expected a folder, got a file");
    }

    private static ModelSpec spec() {
        return ModelSpec.newBuilder()
                .setModelId("m")
                .setDataset("d")
                .setFamily(ModelFamily.LOGISTIC)
                .setClasses(List.of("no", "yes"))
                .setFeatures(2)
                .setOutputs(1)
                .setIntercept(ModelIntercept.FREE)
                .setL2(1)
                .setSettle(SettlePolicy.AUTO)
                .setTransform(new FeatureTransform(
                        List.of(), List.of(2.0), RowNorm.NONE, LearnedFrom.THIS_DATASET, null, null, List.of()))
                .build();
    }

    private static ModelVersion.Builder version(ModelSpec spec) {
        return ModelVersion.newBuilder()
                .setModelId("m")
                .setDataset("d")
                .setVersion(7)
                .setDigest(VersionFiles.digest(spec, THETA))
                .setKind(VersionKind.PATCHED)
                .setTheta(Doubles.toBuffer(THETA))
                .setOutputs(1)
                .setColumns(3)
                .setResidualBound(0.25)
                .setReliedOn(List.of("R >= max norm"))
                .setRows(10)
                .setRowsRefused(0)
                .setChangesSinceAnchor(2)
                .setMethod("newton")
                .setRequests(1)
                .setSoftware("lethe test")
                .setPlatform("test")
                .setCreatedAt(1_767_225_600_000L);
    }

    private static Receipt receipt() {
        ModelReceipt model = ModelReceipt.newBuilder()
                .setModelId("m")
                .setVersion(7L)
                .setKind(VersionKind.PATCHED)
                .build();
        return Receipt.newBuilder()
                .setRequestId("r1")
                .setDataset("d")
                .setType(RequestType.DELETE)
                .setStatus(ReceiptStatus.APPLIED)
                .setApplied(2)
                .setUnknown(1)
                .setAlreadyErased(0)
                .setRefused(0)
                .setModels(List.of(model))
                .setTopic("requests")
                .setPartition(0)
                .setOffset(5)
                .setRequestTime(1000)
                .setReceiptTime(2000)
                .build();
    }
}
