package dev.lethe.streams.cli;

import dev.lethe.schemas.DeleteRequest;
import dev.lethe.schemas.ModelFamily;
import dev.lethe.schemas.ModelIntercept;
import dev.lethe.schemas.ModelSpec;
import dev.lethe.schemas.Receipt;
import dev.lethe.schemas.ReceiptStatus;
import dev.lethe.schemas.Sample;
import dev.lethe.schemas.SettlePolicy;
import dev.lethe.streams.LetheService;
import dev.lethe.streams.client.ClientSettings;
import dev.lethe.streams.client.LetheClient;
import dev.lethe.streams.client.LetheClient.From;
import dev.lethe.streams.config.ServiceConfig;
import dev.lethe.streams.topology.Doubles;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** A service with a broker of its own forgets one of three rows; what it publishes is held against the answer on paper. */
final class ServiceCheck {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final String DATASET = "selftest";
    private static final String MODEL = "selftest";
    private static final String FORGOTTEN = "third";
    /** Ridge with one feature and penalty 1: (1·2 + 2·3) / (1 + 4 + 1) without the third row. */
    private static final double EXPECTED = 8.0 / 6;

    private static final double TOLERANCE = 1e-12;

    private ServiceCheck() {}

    /**
     * Runs it in a directory that is deleted afterwards.
     *
     * @return what was done and how long it took
     * @throws IllegalStateException if it publishes something else, or refuses
     */
    static String run() {
        try (TemporaryDirectory directory = new TemporaryDirectory("lethe-selftest-")) {
            Path log = directory.path().resolve("lethe.log");
            Logging.toFile(log);
            ServiceConfig config = ServiceConfig.of(Map.of(
                    "data.dir", directory.path().resolve("data").toString(),
                    "local.port", "0",
                    "http.port", "0",
                    "shards", "1",
                    "request.partitions", "1",
                    "model.partitions", "1"));
            long start = System.nanoTime();
            try (LetheService service = LetheService.serve(config)) {
                long started = System.nanoTime();
                forget(service, config);
                return "started in " + millis(start, started) + ", fitted a model and forgot a row in "
                        + millis(started, System.nanoTime());
            }
        }
    }

    private static void forget(LetheService service, ServiceConfig config) {
        long now = System.currentTimeMillis();
        ClientSettings settings = ClientSettings.of(service.bootstrapServers(), config.prefix());
        try (LetheClient client =
                LetheClient.connect(settings, service::failure).follow(From.BEGINNING)) {
            var rows = List.of(row("first", 1, "2"), row("second", 2, "3"), row(FORGOTTEN, 3, "9"));
            client.awaitConsumed(client.putSamples(rows, now), PATIENCE);
            client.putModel(model(), now);
            client.awaitVersion(MODEL, 1, PATIENCE);
            Receipt receipt =
                    client.awaitReceipt(client.send(request()), PATIENCE).receipt();
            if (receipt.getStatus() != ReceiptStatus.APPLIED) {
                throw new IllegalStateException("the request to forget a row was " + receipt.getStatus() + " ("
                        + receipt.getReason() + "), expected APPLIED");
            }
            check(client, receipt.getModels().get(0).getVersion());
        }
    }

    private static void check(LetheClient client, long version) {
        double got = client.version(MODEL, version)
                .map(found -> Doubles.toArray(found.getTheta())[0])
                .orElse(Double.NaN);
        if (!(Math.abs(got - EXPECTED) <= TOLERANCE)) {
            throw new IllegalStateException(
                    "the model without the forgotten row has parameter " + got + ", expected " + EXPECTED);
        }
    }

    private static Sample row(String id, double x, String label) {
        return Sample.newBuilder()
                .setDataset(DATASET)
                .setSampleId(id)
                .setFeatures(Doubles.toBuffer(new double[] {x}))
                .setLabel(label)
                .build();
    }

    private static ModelSpec model() {
        return ModelSpec.newBuilder()
                .setModelId(MODEL)
                .setDataset(DATASET)
                .setFamily(ModelFamily.RIDGE)
                .setFeatures(1)
                .setIntercept(ModelIntercept.NONE)
                .setL2(1)
                .setSettle(SettlePolicy.AUTO)
                .build();
    }

    private static DeleteRequest request() {
        return DeleteRequest.newBuilder()
                .setRequestId("selftest")
                .setDataset(DATASET)
                .setSamples(List.of(FORGOTTEN))
                .build();
    }

    private static String millis(long from, long to) {
        return Duration.ofNanos(to - from).toMillis() + " ms";
    }
}
