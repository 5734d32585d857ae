package dev.lethe.streams;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.lethe.schemas.DeleteRequest;
import dev.lethe.schemas.InfluenceQuestion;
import dev.lethe.schemas.ModelFamily;
import dev.lethe.schemas.ModelIntercept;
import dev.lethe.schemas.ModelSpec;
import dev.lethe.schemas.ModelVersion;
import dev.lethe.schemas.NetworkLayer;
import dev.lethe.schemas.NetworkSpec;
import dev.lethe.schemas.Receipt;
import dev.lethe.schemas.ReceiptStatus;
import dev.lethe.schemas.RowData;
import dev.lethe.schemas.Sample;
import dev.lethe.schemas.SettlePolicy;
import dev.lethe.schemas.SettleRequest;
import dev.lethe.schemas.SettleUntil;
import dev.lethe.schemas.VersionKind;
import dev.lethe.streams.attribution.InfluenceDefaults;
import dev.lethe.streams.client.Attributions;
import dev.lethe.streams.client.ClientSettings;
import dev.lethe.streams.client.LetheClient;
import dev.lethe.streams.client.LetheClient.From;
import dev.lethe.streams.config.NetworkSpecs;
import dev.lethe.streams.config.Specs;
import dev.lethe.streams.publish.VersionFiles;
import dev.lethe.streams.topology.Doubles;
import dev.lethe.unlearn.network.KeyedRow;
import dev.lethe.unlearn.network.RowKeys;
import dev.lethe.unlearn.network.Trainer;
import dev.lethe.unlearn.network.TrainingListener;
import dev.lethe.unlearn.network.TrainingSet;
import dev.lethe.unlearn.objective.Mapping.Fits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A network over the embedded broker, killed in the middle of a refit. */
class NetworkIT {
    private static final Duration WAIT = Duration.ofSeconds(180);
    private static final String DATASET = "clouds";
    private static final List<String> CLASSES = List.of("a", "b", "c");
    private static final int FEATURES = 16;
    private static final int ROWS = 1_500;
    private static final Map<String, String> CHECKPOINTS = Map.of("training.checkpoint.ms", "50");

    private final long seed = Long.getLong("lethe.seed", 55);
    private final Random random = new Random(seed);
    private final Map<String, Sample> expected = new LinkedHashMap<>();

    @TempDir
    Path directory;

    /** Some seven thousand steps: a second or more also on a fast machine, so many checkpoints. */
    private ModelSpec model() {
        NetworkSpec network = NetworkSpec.newBuilder()
                .setInput(List.of(FEATURES))
                .setLayers(List.of(linear(32), layer("tanh"), linear(32), layer("relu"), linear(CLASSES.size())))
                .setOptimizer("adam")
                .setRate(1e-3)
                .setEpochs(150)
                .setBatch(32)
                .setSeed(seed)
                .setHeldOut(0.1)
                .setSample(256)
                .setDamping(0.01)
                .setMaxMembershipAuc(0.9)
                .setMaxValidationRise(5)
                .setMaxPredictionChange(10)
                .setMaxChanges(1)
                .build();
        return ModelSpec.newBuilder()
                .setModelId("n")
                .setDataset(DATASET)
                .setFamily(ModelFamily.SOFTMAX)
                .setClasses(CLASSES)
                .setFeatures(FEATURES)
                .setIntercept(ModelIntercept.NONE)
                .setL2(0)
                .setSettle(SettlePolicy.AUTO)
                .setNetwork(network)
                .build();
    }

    private static NetworkLayer layer(String kind) {
        return NetworkLayer.newBuilder().setKind(kind).build();
    }

    private static NetworkLayer linear(int outputs) {
        return NetworkLayer.newBuilder().setKind("linear").setOutputs(outputs).build();
    }

    private void draw() {
        for (int i = 0; i < ROWS; i++) {
            double[] x = random.doubles(FEATURES, -1, 1).toArray();
            x[i % 3] += 1.2;
            expected.put(
                    "s" + i, new Sample(DATASET, "s" + i, "u" + i % 50, Doubles.toBuffer(x), CLASSES.get(i % 3), 1.0));
        }
    }

    @Test
    void shouldGoOnWithARefitAfterAKillAndAnswerEverythingOnce() throws Exception {
        draw();
        ModelSpec spec = model();
        try (var service = ServiceProcess.embedded(directory, 2, CHECKPOINTS)) {
            service.start();
            try (var client = connect(service)) {
                client.awaitConsumed(client.putSamples(expected.values(), 1_000), WAIT);
                client.putModel(spec, 2_000);
                client.awaitVersion("n", 1, WAIT);
                List<String> asked = delete(client, 0, 12);
                for (String id : asked) {
                    Receipt receipt = client.awaitReceipt(id, WAIT);
                    assertThat(receipt.getModels().get(0).getKind())
                            .as("%s", receipt)
                            .isEqualTo(VersionKind.PATCHED);
                    assertThat(receipt.getModels().get(0).getEvidence())
                            .as("%s", receipt)
                            .isNotNull();
                }
                client.send(settle("settle-1"));
                awaitCheckpoint();
                service.kill();
                service.start();
                assertThat(client.awaitReceipt("settle-1", WAIT).getStatus()).isEqualTo(ReceiptStatus.APPLIED);
                assertThat(client.awaitReceipt("settle-1", WAIT)
                                .getModels()
                                .get(0)
                                .getKind())
                        .isEqualTo(VersionKind.REFIT);
                assertThat(resumedAt(service)).as("steps done before the kill").isPositive();
                shouldBeTrainedFromTheRest(client, spec);
                assertThat(checkpoints()).isEmpty();

                // The next training is outdated by a deletion: its checkpoint goes at once, its result is patched.
                client.send(settle("settle-2-" + delete(client, 12, 1).get(0)));
                awaitCheckpoint();
                asked = new ArrayList<>(asked);
                asked.addAll(delete(client, 13, 1));
                await("no checkpoint").atMost(WAIT).until(() -> checkpoints().isEmpty());
                service.kill();
                service.start();
                client.awaitReceipt(client.send(settle("settle-3")), WAIT);
                shouldBeTrainedFromTheRest(client, spec);
                shouldChain(client.versions("n"), spec);
                shouldBeAnsweredOnce(client.receipts());
                shouldTellWhichSamplesMatter(client, spec);
            }
        }
    }

    private static LetheClient connect(ServiceProcess service) {
        return LetheClient.connect(ClientSettings.of(service.bootstrapServers(), "lethe"))
                .follow(From.BEGINNING);
    }

    private List<String> delete(LetheClient client, int first, int count) {
        List<String> ids = new ArrayList<>();
        for (int i = first; i < first + count; i++) {
            String sample = "s" + i * 7;
            client.send(DeleteRequest.newBuilder()
                    .setRequestId("delete-" + i)
                    .setDataset(DATASET)
                    .setSamples(List.of(sample))
                    .build());
            expected.remove(sample);
            ids.add("delete-" + i);
        }
        return ids;
    }

    private static SettleRequest settle(String id) {
        return new SettleRequest(id, DATASET, SettleUntil.SETTLED, null, null);
    }

    private List<Path> checkpoints() throws IOException {
        Path folder = directory.resolve("data/training/n");
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(f -> f.toString().endsWith(".safetensors")).toList();
        }
    }

    private void awaitCheckpoint() {
        await("checkpoint")
                .atMost(WAIT)
                .pollInterval(Duration.ofMillis(20))
                .until(() -> !checkpoints().isEmpty());
    }

    /** The step at which the newest training began. */
    private static long resumedAt(ServiceProcess service) throws IOException {
        return service.serviceLog()
                .lines()
                .filter(line -> line.contains("NetworkRefit") && line.contains("begun at step"))
                .reduce((a, b) -> b)
                .map(line -> Long.parseLong(line.replaceAll(".*begun at step (\\d+).*", "$1")))
                .orElseThrow(() -> new AssertionError("no training in the log"));
    }

    private void shouldBeTrainedFromTheRest(LetheClient client, ModelSpec spec) {
        List<ModelVersion> versions = client.versions("n");
        ModelVersion last = versions.get(versions.size() - 1);
        assertThat(last.getKind()).isEqualTo(VersionKind.REFIT);
        assertThat(last.getRows()).isEqualTo(expected.size());
        assertThat(Doubles.toArray(last.getTheta())).as("seed %d", seed).isEqualTo(trained(spec));
    }

    private double[] trained(ModelSpec spec) {
        RowKeys keys = NetworkSpecs.keys(spec);
        TrainingSet set = new TrainingSet(keys, 1 << 30);
        for (Sample s : expected.values()) {
            var mapping = Specs.mapper(spec).map(Doubles.toArray(s.getFeatures()), s.getLabel(), s.getWeight());
            set.add(new KeyedRow(keys.of(s.getSampleId()), ((Fits) mapping).row()));
        }
        return new Trainer(
                        NetworkSpecs.architecture(spec),
                        NetworkSpecs.loss(spec),
                        NetworkSpecs.plan(spec),
                        TrainingSet.merged(keys, 1 << 30, List.of(set.encode())).rows(),
                        new BitSet())
                .train(TrainingListener.NONE)
                .theta();
    }

    private static void shouldChain(List<ModelVersion> versions, ModelSpec spec) {
        for (int i = 0; i < versions.size(); i++) {
            ModelVersion version = versions.get(i);
            assertThat(version.getVersion()).isEqualTo(i + 1);
            assertThat(version.getParentDigest())
                    .isEqualTo(i == 0 ? null : versions.get(i - 1).getDigest());
            assertThat(version.getDigest()).isEqualTo(VersionFiles.digest(spec, Doubles.toArray(version.getTheta())));
        }
    }

    /** Of both shards together. */
    private void shouldTellWhichSamplesMatter(LetheClient client, ModelSpec spec) {
        Sample test = expected.values().iterator().next();
        var question = InfluenceDefaults.complete(
                spec,
                InfluenceQuestion.newBuilder()
                        .setModelId("n")
                        .setQuestionId(Attributions.newId())
                        .setMethod("")
                        .setForm("")
                        .setTop(3)
                        .setTests(List.of(new RowData(test.getFeatures(), test.getLabel(), 1.0)))
                        .build());
        var answer = client.attributions().influence(question, WAIT);
        RowKeys keys = NetworkSpecs.keys(spec);
        long trained = expected.keySet().stream()
                .filter(id -> !keys.heldOut(keys.of(id)))
                .count();
        assertThat(answer.rows()).isEqualTo(trained);
        assertThat(answer.tests().get(0).getHelpful()).hasSize(3);
    }

    private static void shouldBeAnsweredOnce(List<Receipt> receipts) {
        assertThat(receipts).extracting(Receipt::getRequestId).doesNotHaveDuplicates();
        assertThat(receipts)
                .extracting(Receipt::getRequestId)
                .contains("delete-0", "delete-13", "settle-1", "settle-3");
        assertThat(receipts)
                .allSatisfy(r -> assertThat(r.getStatus()).as("%s", r).isEqualTo(ReceiptStatus.APPLIED));
    }
}
