package dev.lethe.streams.local;

import dev.lethe.streams.LetheException;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Properties;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.utils.Exit;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.metadata.storage.Formatter;
import org.apache.kafka.server.common.MetadataVersion;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A real Kafka broker in this process: one node, its own controller, data kept in a directory, reachable on 127.0.0.1
 * only. For local use and tests; it has no replicas. With {@link StaleRegistration} the only class that touches Kafka's
 * server internals, which are not public API: the Kafka version is pinned.
 */
public final class LocalKafka implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(LocalKafka.class);
    private static final String HOST = "127.0.0.1";
    private static final String NODE_ID = "1";
    private static final int ATTEMPTS = 3;

    private final KafkaRaftServer server;
    private final int port;

    private LocalKafka(KafkaRaftServer server, int port) {
        this.server = server;
        this.port = port;
    }

    /**
     * Starts the broker; it answers when this returns. The caller holds the lock of the data directory.
     *
     * @param dir log directory; created and formatted on the first start
     * @param port port of clients; 0: any free one
     */
    public static LocalKafka start(Path dir, int port) {
        if (port != 0) {
            requireFree(port);
        }
        for (int attempt = 1; ; attempt++) {
            // A free port may be taken by someone else before the broker binds it, so this is tried again.
            int clientPort = port == 0 ? freePort() : port;
            try {
                return start(dir.toAbsolutePath(), clientPort, freePort());
            } catch (IOException | RuntimeException e) {
                if (attempt == ATTEMPTS) {
                    throw new LetheException(
                            "embedded Kafka does not start on " + HOST + ":" + clientPort + " in " + dir + " (" + e
                                    + "): see the log for its reason; a directory damaged beyond repair must be deleted",
                            e);
                }
                log.atWarn().setCause(e).addKeyValue("attempt", attempt).log("embedded Kafka did not start");
            }
        }
    }

    private static LocalKafka start(Path dir, int port, int controllerPort) throws IOException {
        Files.createDirectories(dir);
        if (!Files.exists(dir.resolve("meta.properties"))) {
            format(dir);
        }
        if (StaleRegistration.suspected(dir)) {
            StaleRegistration.remove(
                    controllerOnly(dir, controllerPort), HOST + ":" + controllerPort, Integer.parseInt(NODE_ID));
        }
        explainEnd(dir);
        KafkaRaftServer server =
                new KafkaRaftServer(new KafkaConfig(properties(dir, port, controllerPort)), Time.SYSTEM);
        try {
            server.startup();
        } catch (RuntimeException e) {
            server.shutdown();
            server.awaitShutdown();
            throw e;
        }
        log.atInfo().addKeyValue("port", port).addKeyValue("dir", dir).log("embedded Kafka started");
        return new LocalKafka(server, port);
    }

    /**
     * A broker that can no longer write its files ends its process at once, without a word: nothing it has acknowledged is
     * lost. The process is ours, so we say why.
     */
    private static void explainEnd(Path dir) {
        Exit.setHaltProcedure((status, message) -> {
            log.atError()
                    .addKeyValue("dir", dir)
                    .addKeyValue("freeMegabytes", dir.toFile().getUsableSpace() >> 20)
                    .log(
                            "embedded Kafka cannot write its files any more, and ends this process: see that there is space"
                                    + " and that the directory is writable, then start again; nothing is lost");
            Runtime.getRuntime().halt(status);
        });
    }

    private static void format(Path dir) throws IOException {
        Formatter formatter = new Formatter()
                .setClusterId(Uuid.randomUuid().toString())
                .setNodeId(Integer.parseInt(NODE_ID))
                .setDirectories(List.of(dir.toString()))
                .setMetadataLogDirectory(dir.toString())
                .setControllerListenerName("CONTROLLER")
                .setReleaseVersion(MetadataVersion.latestProduction())
                .setPrintStream(new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8));
        try {
            formatter.run();
        } catch (Exception e) { // declared by Formatter
            throw new IOException("cannot format " + dir, e);
        }
    }

    private static Properties properties(Path dir, int port, int controllerPort) {
        Properties p = controllerOnly(dir, controllerPort);
        p.put("process.roles", "broker,controller");
        p.put("listeners", "PLAINTEXT://" + HOST + ":" + port + "," + p.get("listeners"));
        p.put("advertised.listeners", "PLAINTEXT://" + HOST + ":" + port);
        p.put("auto.create.topics.enable", "false");
        addSingleNode(p);
        addPatience(p);
        addQuickTransactions(p);
        return p;
    }

    private static Properties controllerOnly(Path dir, int controllerPort) {
        Properties p = new Properties();
        p.put("process.roles", "controller");
        p.put("node.id", NODE_ID);
        p.put("log.dirs", dir.toString());
        p.put("listeners", "CONTROLLER://" + HOST + ":" + controllerPort);
        p.put("listener.security.protocol.map", "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT");
        p.put("controller.listener.names", "CONTROLLER");
        // A static quorum may change its ports between runs.
        p.put("controller.quorum.voters", NODE_ID + "@" + HOST + ":" + controllerPort);
        return p;
    }

    /** One copy of everything, and one partition of the internal topics instead of 50. */
    private static void addSingleNode(Properties p) {
        for (String topic : List.of("offsets.topic", "transaction.state.log", "share.coordinator.state.topic")) {
            p.put(topic + ".replication.factor", "1");
            p.put(topic + ".num.partitions", "1");
        }
        p.put("transaction.state.log.min.isr", "1");
        p.put("share.coordinator.state.topic.min.isr", "1");
        // 128 MB by default, set aside at start.
        p.put("log.cleaner.dedupe.buffer.size", Integer.toString(4 << 20));
        p.put("log.segment.bytes", Integer.toString(64 << 20));
    }

    /**
     * A pause of the process must not fence its only broker: partitions without a leader lose the commit markers that are
     * on their way ({@link StaleRegistration}). Nobody would take over, so nothing is gained by fencing it quickly.
     */
    private static void addPatience(Properties p) {
        p.put("broker.session.timeout.ms", "60000");
        p.put("broker.heartbeat.interval.ms", "200");
        p.put("group.initial.rebalance.delay.ms", "0");
    }

    /**
     * A transaction that follows closely on another of the same producer is held back until the markers of the first are
     * written, in steps of this length: 20 ms by default, twice a commit interval.
     */
    private static void addQuickTransactions(Properties p) {
        p.put("add.partitions.to.txn.retry.backoff.ms", "1");
    }

    private static void requireFree(int port) {
        try (ServerSocket socket = new ServerSocket()) {
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(HOST, port));
        } catch (IOException e) {
            throw new LetheException(
                    "port " + port + " on " + HOST + " is in use: stop what uses it (another `lethe serve`?),"
                            + " or set local.port to another port (0: any free one)",
                    e);
        }
    }

    private static int freePort() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getByName(HOST))) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new LetheException("no free port on " + HOST + " (" + e + ")", e);
        }
    }

    /** Where clients connect. */
    public String bootstrapServers() {
        return HOST + ":" + port;
    }

    /** Stops the broker in good order. */
    @Override
    public void close() {
        server.shutdown();
        server.awaitShutdown();
        log.atInfo().addKeyValue("port", port).log("embedded Kafka stopped");
    }
}
