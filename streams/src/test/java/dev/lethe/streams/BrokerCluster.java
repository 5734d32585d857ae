package dev.lethe.streams;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.model.ContainerNetwork;
import com.github.dockerjava.api.model.ExposedPort;
import com.github.dockerjava.api.model.PortBinding;
import com.github.dockerjava.api.model.Ports.Binding;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListTopicsOptions;
import org.apache.kafka.common.utils.AppInfoParser;
import org.awaitility.Awaitility;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.Network;
import org.testcontainers.kafka.KafkaContainer;
import org.testcontainers.lifecycle.Startables;
import org.testcontainers.utility.DockerImageName;

/**
 * Kafka brokers in containers, each also a controller: every topic three times, two copies must be in step to write.
 * They can be killed, paused, and cut off from each other and from everyone, and keep address and data over it.
 *
 * <p>The image is apache/kafka; the variable LETHE_TEST_KAFKA_IMAGE names another one (deploy/ci builds one).
 */
final class BrokerCluster implements AutoCloseable {
    private static final int SIZE = 3;
    private static final int PORT = 9092;
    private static final Duration START = Duration.ofMinutes(3);
    private static final String IMAGE =
            System.getenv().getOrDefault("LETHE_TEST_KAFKA_IMAGE", "apache/kafka:" + AppInfoParser.getVersion());

    private final Network network = Network.newNetwork();
    private final List<Integer> ports = new ArrayList<>();
    private final List<KafkaContainer> brokers = new ArrayList<>();

    BrokerCluster() {
        for (int node = 1; node <= SIZE; node++) {
            brokers.add(broker(node));
        }
        Startables.deepStart(brokers).join();
    }

    /** Whether a container engine answers; says on the console what is left out if none does. */
    static boolean available() {
        boolean there = DockerClientFactory.instance().isDockerAvailable();
        if (!there) {
            System.out.println("SKIPPED: no container engine answers, so the fault tests on a cluster of Kafka brokers"
                    + " do not run. Start Docker, or `deploy/ci/engine start DIR`, and set DOCKER_HOST.");
        }
        return there;
    }

    private KafkaContainer broker(int node) {
        int port = ServiceProcess.freePort();
        ports.add(port);
        return new KafkaContainer(DockerImageName.parse(IMAGE).asCompatibleSubstituteFor("apache/kafka"))
                .withNetwork(network)
                .withNetworkAliases(alias(node))
                .withEnv(settings(node))
                .withStartupTimeout(START)
                // A port of the engine's choice would be another one after a restart.
                .withCreateContainerCmdModifier(command -> command.getHostConfig()
                        .withPortBindings(
                                new PortBinding(Binding.bindIpAndPort("127.0.0.1", port), new ExposedPort(PORT))));
    }

    private static String alias(int node) {
        return "broker-" + node;
    }

    private static Map<String, String> settings(int node) {
        String copies = String.valueOf(SIZE);
        return Map.ofEntries(
                Map.entry("KAFKA_NODE_ID", String.valueOf(node)),
                Map.entry(
                        "KAFKA_CONTROLLER_QUORUM_VOTERS",
                        IntStream.rangeClosed(1, SIZE)
                                .mapToObj(n -> n + "@" + alias(n) + ":9094")
                                .collect(Collectors.joining(","))),
                Map.entry("KAFKA_DEFAULT_REPLICATION_FACTOR", copies),
                Map.entry("KAFKA_MIN_INSYNC_REPLICAS", "2"),
                Map.entry("KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR", copies),
                Map.entry("KAFKA_OFFSETS_TOPIC_NUM_PARTITIONS", "3"),
                Map.entry("KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR", copies),
                Map.entry("KAFKA_TRANSACTION_STATE_LOG_MIN_ISR", "2"),
                Map.entry("KAFKA_TRANSACTION_STATE_LOG_NUM_PARTITIONS", "3"),
                Map.entry("KAFKA_AUTO_CREATE_TOPICS_ENABLE", "false"),
                Map.entry("KAFKA_LOG_CLEANER_DEDUPE_BUFFER_SIZE", String.valueOf(4 << 20)),
                // As Kafka has it, 9 s and 30 s, a fault would have to last a minute to be seen.
                Map.entry("KAFKA_BROKER_SESSION_TIMEOUT_MS", "5000"),
                Map.entry("KAFKA_REPLICA_LAG_TIME_MAX_MS", "8000"));
    }

    String bootstrapServers() {
        return ports.stream().map(port -> "127.0.0.1:" + port).collect(Collectors.joining(","));
    }

    static int size() {
        return SIZE;
    }

    /** SIGKILL to all its processes. */
    void kill(int node) {
        docker().killContainerCmd(id(node)).exec();
    }

    /** Starts a killed one again, on its data. */
    void start(int node) {
        docker().startContainerCmd(id(node)).exec();
        awaitReachable(node);
    }

    /** It stands still, and its connections stay open. */
    void pause(int node) {
        docker().pauseContainerCmd(id(node)).exec();
    }

    void resume(int node) {
        docker().unpauseContainerCmd(id(node)).exec();
    }

    /** Takes its network away: neither brokers nor clients reach it, and it reaches nobody. */
    void cut(int node) {
        docker().disconnectFromNetworkCmd()
                .withNetworkId(network.getId())
                .withContainerId(id(node))
                .exec();
    }

    void mend(int node) {
        docker().connectToNetworkCmd()
                .withNetworkId(network.getId())
                .withContainerId(id(node))
                .withContainerNetwork(new ContainerNetwork().withAliases(alias(node)))
                .exec();
        awaitReachable(node);
    }

    /** Every copy of every partition in step: the next fault would else take away the only good one. */
    void awaitInStep() {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrapServers()))) {
            Awaitility.await("all copies are in step")
                    .atMost(START)
                    .pollInterval(Duration.ofMillis(500))
                    .ignoreExceptions()
                    .until(() -> inStep(admin));
        }
    }

    private static boolean inStep(Admin admin) throws Exception {
        var names = admin.listTopics(new ListTopicsOptions().listInternal(true))
                .names()
                .get(10, TimeUnit.SECONDS);
        return admin.describeTopics(names).allTopicNames().get(10, TimeUnit.SECONDS).values().stream()
                .flatMap(topic -> topic.partitions().stream())
                .allMatch(p -> p.isr().size() == p.replicas().size());
    }

    private void awaitReachable(int node) {
        Awaitility.await("broker " + node + " takes connections")
                .atMost(START)
                .ignoreExceptionsInstanceOf(IOException.class)
                .until(() -> {
                    try (var socket = new Socket()) {
                        socket.connect(new InetSocketAddress("127.0.0.1", ports.get(node - 1)), 1_000);
                        return socket.isConnected();
                    }
                });
    }

    private String id(int node) {
        return brokers.get(node - 1).getContainerId();
    }

    private static DockerClient docker() {
        return DockerClientFactory.instance().client();
    }

    @Override
    public void close() {
        brokers.forEach(KafkaContainer::stop);
        network.close();
    }
}
