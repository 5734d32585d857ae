package dev.lethe.streams.cli.bench;

import dev.lethe.schemas.ModelFamily;
import dev.lethe.schemas.ModelIntercept;
import dev.lethe.schemas.ModelSpec;
import dev.lethe.schemas.NetworkLayer;
import dev.lethe.schemas.NetworkSpec;
import dev.lethe.schemas.RelabelRequest;
import dev.lethe.schemas.Relabelling;
import dev.lethe.schemas.Sample;
import dev.lethe.schemas.SchemaSafety;
import dev.lethe.schemas.SettlePolicy;
import dev.lethe.streams.LetheException;
import dev.lethe.streams.client.ClientSettings;
import dev.lethe.streams.client.LetheClient;
import dev.lethe.streams.client.Sent;
import dev.lethe.streams.topology.Doubles;
import dev.lethe.unlearn.objective.Row;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.stream.IntStream;

/**
 * What a whole service has resident after 1 000 and after 10 000 relabels of a network's samples; the broker is in the
 * process that asks. What RocksDB takes on the way to its bound, {@code rocksdb.memory.mb}, is in it.
 */
final class ServiceMemory {
    static {
        // A builder that fills in a default lets Avro decode, and it takes its limits with the first message.
        SchemaSafety.install();
    }

    private static final int EVENTS = 10_000;
    private static final int EARLY = 1_000;
    private static final double FLAT = 1.05;
    private static final int HEAP = 768;
    /** One size, resident from the start: what grows is native memory. */
    private static final List<String> HEAP_OPTIONS =
            List.of("-Xms" + HEAP + "m", "-Xmx" + HEAP + "m", "-XX:+AlwaysPreTouch");

    private static final String PREFIX = "memory";
    private static final String ID = "network";
    private static final int FEATURES = 49;
    private static final int ROWS = 2_000;
    /** So many requests are open at once: patches of more than one change, as in a busy service. */
    private static final int OPEN = 200;

    private static final Duration WAIT = Duration.ofMinutes(1);
    private static final List<String> CLASSES =
            IntStream.range(0, 10).mapToObj(Integer::toString).toList();

    private ServiceMemory() {}

    static void run(BenchTable table) {
        if (!Files.isReadable(PatchLoop.STATUS)) {
            table.note("no " + PatchLoop.STATUS + " on this system: the service's memory is skipped");
            return;
        }
        table.note("measuring resident memory of a service over " + EVENTS + " relabels, with " + HEAP
                + " MB of heap ...");
        try (var directory = BenchDirectory.open();
                var broker = new BenchBroker();
                var service = new ServeProcess(directory.path(), HEAP_OPTIONS, settings(broker))) {
            service.start();
            measure(table, broker, service);
        }
    }

    private static void measure(BenchTable table, BenchBroker broker, ServeProcess service) {
        try (var client = LetheClient.connect(ClientSettings.of(broker.bootstrapServers(), PREFIX))) {
            begin(client.follow(LetheClient.From.NOW));
            relabel(client, 0, EARLY);
            double early = resident(service);
            relabel(client, EARLY, EVENTS);
            double late = resident(service);
            String name = " after " + EVENTS + " relabels against " + EARLY;
            table.addAtMost("service, resident" + name, "MB", NetworkBench.one(late, early), FLAT);
            table.add("of it native" + name, "MB", NetworkBench.one(late - HEAP, early - HEAP));
        }
    }

    private static Map<String, String> settings(BenchBroker broker) {
        return Map.of(
                "bootstrap.servers",
                broker.bootstrapServers(),
                "prefix",
                PREFIX,
                "replication.factor",
                "1",
                "shards",
                "2");
    }

    private static double resident(ServeProcess service) {
        return ResidentMemory.megabytes(service.pid())
                .orElseThrow(() -> new LetheException("the process of the service has ended while it was measured"));
    }

    private static void begin(LetheClient client) {
        List<Row> rows = NetworkData.seeded(FEATURES, CLASSES.size(), ROWS);
        List<Sample> samples = IntStream.range(0, ROWS)
                .mapToObj(i -> new Sample(
                        ID,
                        id(i),
                        null,
                        Doubles.toBuffer(rows.get(i).x()),
                        CLASSES.get((int) rows.get(i).y()[0]),
                        1.0))
                .toList();
        client.awaitConsumed(client.putSamples(samples, System.currentTimeMillis()), WAIT);
        client.putModel(model(), System.currentTimeMillis());
        client.awaitVersion(ID, 1, WAIT);
    }

    private static String id(int sample) {
        return "s" + sample;
    }

    /** Each changes its sample's label; all are answered when this returns. */
    private static void relabel(LetheClient client, int from, int to) {
        Queue<Sent> open = new ArrayDeque<>();
        for (int i = from; i < to; i++) {
            int round = 1 + i / ROWS;
            var corrected = new Relabelling(id(i % ROWS), CLASSES.get((i + round) % CLASSES.size()));
            open.add(client.send(RelabelRequest.newBuilder()
                    .setRequestId("relabel-" + i)
                    .setDataset(ID)
                    .setSamples(List.of(corrected))
                    .build()));
            if (open.size() == OPEN) {
                client.awaitReceipt(open.remove(), WAIT);
            }
        }
        open.forEach(sent -> client.awaitReceipt(sent, WAIT));
    }

    /** 49-32-10, always patched: its limits are never reached. */
    private static ModelSpec model() {
        List<NetworkLayer> layers = new ArrayList<>();
        layers.add(linear(32));
        layers.add(NetworkLayer.newBuilder().setKind("tanh").build());
        layers.add(linear(CLASSES.size()));
        return ModelSpec.newBuilder()
                .setModelId(ID)
                .setDataset(ID)
                .setFamily(ModelFamily.SOFTMAX)
                .setClasses(CLASSES)
                .setFeatures(FEATURES)
                .setIntercept(ModelIntercept.NONE)
                .setL2(0)
                .setSettle(SettlePolicy.AUTO)
                .setNetwork(network(layers))
                .build();
    }

    private static NetworkSpec network(List<NetworkLayer> layers) {
        return NetworkSpec.newBuilder()
                .setInput(List.of(FEATURES))
                .setLayers(layers)
                .setOptimizer("adam")
                .setRate(1e-3)
                .setEpochs(5)
                .setBatch(64)
                .setSeed(NetworkBench.SEED)
                .setHeldOut(0.1)
                .setSample(128)
                .setDamping(0.01)
                .setMaxMembershipAuc(1)
                .setMaxValidationRise(1e6)
                .setMaxPredictionChange(1e6)
                .setMaxChanges(1)
                .build();
    }

    private static NetworkLayer linear(int outputs) {
        return NetworkLayer.newBuilder().setKind("linear").setOutputs(outputs).build();
    }
}
