package dev.lethe.streams;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lethe.schemas.ReceiptStatus;
import dev.lethe.streams.Stream.Asked;
import dev.lethe.streams.client.ClientSettings;
import dev.lethe.streams.client.LetheClient;
import dev.lethe.streams.client.LetheClient.From;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;

/**
 * The service on a cluster of three brokers that fail while requests flow. One stream goes through all tests of this
 * class, whatever their order; after each fault everything so far must be whole.
 */
@EnabledIf(value = "dev.lethe.streams.BrokerCluster#available", disabledReason = "no container engine answers")
@TestInstance(Lifecycle.PER_CLASS)
class BrokerFaultIT {
    private static final long SEED = Long.getLong("lethe.seed", 47);
    private static final Duration WAIT = Duration.ofSeconds(180);
    /** Longer than a broker's session, so that the cluster elects other leaders. */
    private static final Duration FAULT = Duration.ofSeconds(8);

    private static final long PAUSE_MILLIS = 10;

    private final Stream stream = new Stream(SEED);
    private final Set<String> barriers = new HashSet<>();
    private BrokerCluster brokers;
    private ServiceProcess service;
    private LetheClient client;
    private Feeder feeder;

    @BeforeAll
    void start(@TempDir Path directory) throws Exception {
        brokers = new BrokerCluster();
        service = new ServiceProcess(
                directory,
                Map.of(
                        "bootstrap.servers",
                        brokers.bootstrapServers(),
                        "replication.factor",
                        String.valueOf(BrokerCluster.size()),
                        "shards",
                        "3",
                        "request.partitions",
                        "1",
                        "model.partitions",
                        "1"));
        service.start();
        client = LetheClient.connect(ClientSettings.of(brokers.bootstrapServers(), "lethe"))
                .follow(From.BEGINNING);
        client.awaitConsumed(client.putSamples(stream.samples(6_000, 500), 1_000), WAIT);
        client.putModel(Stream.model("m"), 2_000);
        client.awaitVersion("m", 1, WAIT);
        feeder = new Feeder(client, stream, PAUSE_MILLIS);
    }

    @AfterAll
    void stop() {
        if (client != null) {
            client.close();
        }
        if (service != null) {
            service.close();
        }
        if (brokers != null) {
            brokers.close();
        }
    }

    /** A fault while requests flow, some before it, some under it, some after it. */
    private void shouldStayWhole(String fault, Step fail, Step heal) throws Exception {
        brokers.awaitInStep();
        long begin = System.nanoTime();
        feeder.start(Integer.MAX_VALUE);
        Thread.sleep(1_000);
        fail.run();
        Thread.sleep(FAULT.toMillis());
        int under = feeder.count();
        heal.run();
        Thread.sleep(1_000);
        List<Asked> asked = feeder.stop();
        try {
            asked.forEach(a -> client.awaitReceipt(a.id(), WAIT));
        } catch (LetheException e) {
            throw new AssertionError(fault + ": " + service.serviceLog(), e);
        }
        assertThat(service.isAlive()).as("%s: %s", fault, service.serviceLog()).isTrue();
        String barrier = "barrier-" + fault.replace(' ', '-');
        barriers.add(barrier);
        var settled =
                client.awaitReceipt(client.send(Stream.settle(barrier)), WAIT).receipt();
        assertThat(settled.getStatus()).as("%s: %s", fault, settled).isEqualTo(ReceiptStatus.APPLIED);
        new Evidence(brokers.bootstrapServers(), fault + ", seed " + SEED)
                .shouldBeWhole(stream, asked, barriers, Stream.model("m"));
        System.out.printf(
                "%s: %d requests so far, %d of them sent when it was healed; whole after %.1f s%n",
                fault, asked.size(), under, (System.nanoTime() - begin) / 1e9);
    }

    private interface Step {
        void run() throws Exception;
    }

    @Test
    void shouldSurviveABrokerThatIsKilled() throws Exception {
        shouldStayWhole("broker killed", () -> brokers.kill(1), () -> brokers.start(1));
    }

    @Test
    void shouldSurviveABrokerThatStandsStill() throws Exception {
        shouldStayWhole("broker paused", () -> brokers.pause(2), () -> brokers.resume(2));
    }

    @Test
    void shouldSurviveABrokerThatIsCutOff() throws Exception {
        shouldStayWhole("broker cut off", () -> brokers.cut(3), () -> brokers.mend(3));
    }

    /** Nothing can be written then: two copies in step are asked for. */
    @Test
    void shouldSurviveTheLossOfTheMajority() throws Exception {
        shouldStayWhole(
                "two brokers paused",
                () -> {
                    brokers.pause(1);
                    brokers.pause(2);
                },
                () -> {
                    brokers.resume(1);
                    brokers.resume(2);
                });
    }

    @Test
    void shouldSurviveItsOwnEndWhileABrokerIsAway() throws Exception {
        shouldStayWhole(
                "service killed while a broker is away",
                () -> {
                    brokers.kill(2);
                    service.kill();
                    service.start();
                },
                () -> brokers.start(2));
    }
}
