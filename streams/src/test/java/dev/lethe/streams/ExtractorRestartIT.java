package dev.lethe.streams;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lethe.schemas.DeleteRequest;
import dev.lethe.schemas.FeatureTransform;
import dev.lethe.schemas.LearnedFrom;
import dev.lethe.schemas.ModelFamily;
import dev.lethe.schemas.ModelIntercept;
import dev.lethe.schemas.ModelSpec;
import dev.lethe.schemas.ModelVersion;
import dev.lethe.schemas.RowNorm;
import dev.lethe.schemas.Sample;
import dev.lethe.schemas.SettlePolicy;
import dev.lethe.streams.client.ClientSettings;
import dev.lethe.streams.client.LetheClient;
import dev.lethe.streams.client.LetheClient.From;
import dev.lethe.streams.topology.Doubles;
import dev.lethe.unlearn.format.ModelWeights;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A model behind a frozen network whose file is altered, then gone, when the service starts again. The process has this
 * test's class path on its command line: long enough to see that ONNX Runtime begins where it has room.
 */
class ExtractorRestartIT {
    private static final Duration WAIT = Duration.ofSeconds(60);
    private static final String DATASET = "points";
    private static final String FILE = "embed.onnx";
    private static final int ROWS = 60;
    private static final int EXIT_SECONDS = 60;

    @TempDir
    Path directory;

    private ModelSpec model(Path extractor, byte[] content) {
        return ModelSpec.newBuilder()
                .setModelId("head")
                .setDataset(DATASET)
                .setFamily(ModelFamily.RIDGE)
                .setClasses(List.of())
                .setFeatures(2)
                .setIntercept(ModelIntercept.NONE)
                .setL2(0.5)
                .setTransform(FeatureTransform.newBuilder()
                        .setRowNorm(RowNorm.NONE)
                        .setLearnedFrom(LearnedFrom.PUBLIC)
                        .setExtractorFile(extractor.toString())
                        .setExtractorSha256(ModelWeights.digest(content))
                        .setExtractorInput(List.of(3))
                        .build())
                .setSettle(SettlePolicy.NEVER)
                .build();
    }

    private static byte[] network() throws IOException {
        try (InputStream in = ExtractorRestartIT.class.getResourceAsStream("cli/replay/" + FILE)) {
            return in.readAllBytes();
        }
    }

    private static List<Sample> samples() {
        Random random = new Random(5);
        List<Sample> samples = new ArrayList<>();
        for (int i = 0; i < ROWS; i++) {
            double[] x = random.doubles(3, -2, 2).toArray();
            samples.add(new Sample(
                    DATASET, "s" + i, null, Doubles.toBuffer(x), Double.toString(random.nextGaussian()), 1.0));
        }
        return samples;
    }

    @Test
    void shouldRefuseToStartByNameAndLoseNothing() throws Exception {
        Path extractor = directory.resolve(FILE);
        byte[] content = network();
        Files.write(extractor, content);
        try (var service = ServiceProcess.embedded(directory, 2)) {
            service.start();
            try (var client = connect(service)) {
                client.awaitConsumed(client.putSamples(samples(), 1_000), WAIT);
                client.putModel(model(extractor, content), 2_000);
                client.awaitVersion("head", 1, WAIT);
                client.awaitReceipt(delete(client, "r1", "s7"), WAIT);
            }
            byte[] altered = content.clone();
            altered[altered.length - 1]++;
            service.kill();
            Files.write(extractor, altered);
            shouldRefuse(service, "the file was altered");
            Files.delete(extractor);
            shouldRefuse(service, "no such file");
            Files.write(extractor, content);
            service.start();
            try (var client = connect(service)) {
                client.awaitVersion("head", 2, WAIT);
                client.awaitReceipt(delete(client, "r2", "s8"), WAIT);
                assertThat(client.versions("head"))
                        .extracting(ModelVersion::getVersion)
                        .containsExactly(1L, 2L, 3L);
                assertThat(client.versions("head").get(2).getRows()).isEqualTo(ROWS - 2);
            }
        }
    }

    /** It ends by itself, and its log says which model and which file. */
    private static void shouldRefuse(ServiceProcess service, String reason) throws Exception {
        service.launch();
        int code = service.awaitEnd(EXIT_SECONDS);
        assertThat(code).isEqualTo(1);
        assertThat(service.output() + service.serviceLog())
                .contains("model head: transform.extractor:")
                .contains(FILE)
                .contains(reason)
                .contains("put the file back");
    }

    private static String delete(LetheClient client, String id, String sample) {
        client.send(DeleteRequest.newBuilder()
                .setRequestId(id)
                .setDataset(DATASET)
                .setSamples(List.of(sample))
                .build());
        return id;
    }

    private static LetheClient connect(ServiceProcess service) {
        return LetheClient.connect(ClientSettings.of(service.bootstrapServers(), "lethe"))
                .follow(From.BEGINNING);
    }
}
