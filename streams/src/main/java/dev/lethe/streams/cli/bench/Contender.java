package dev.lethe.streams.cli.bench;

import dev.lethe.streams.LetheException;
import dev.lethe.streams.StreamsProperties;
import dev.lethe.streams.config.ServiceConfig;
import dev.lethe.streams.config.TopicSetup;
import dev.lethe.streams.local.DataDirectory;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.KafkaStreams.State;
import org.apache.kafka.streams.Topology;

/** One of the topologies that are measured against each other, running as a service would run it. */
final class Contender implements AutoCloseable {
    private static final Duration START_TIMEOUT = Duration.ofMinutes(1);
    private static final Duration STOP_TIMEOUT = Duration.ofSeconds(30);

    private final DataDirectory data;
    private final KafkaStreams streams;
    private final CountDownLatch running = new CountDownLatch(1);

    /** Creates the topics, starts the topology and waits until it runs. */
    Contender(ServiceConfig config, Topology topology) {
        String bootstrap = config.bootstrapServers().orElseThrow();
        data = DataDirectory.open(config.dataDir());
        try (Admin admin = Admin.create(Map.of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrap))) {
            new TopicSetup(config).run(admin);
        }
        streams = new KafkaStreams(topology, StreamsProperties.of(config, data, bootstrap));
        streams.setStateListener((now, before) -> {
            if (now == State.RUNNING) {
                running.countDown();
            }
        });
        streams.start();
        awaitRunning(config.prefix());
    }

    private void awaitRunning(String name) {
        try {
            if (!running.await(START_TIMEOUT.toSeconds(), TimeUnit.SECONDS)) {
                close();
                throw new LetheException(name + " does not run after " + START_TIMEOUT.toSeconds()
                        + " s: see the log, or give it a quieter machine");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LetheException("interrupted while " + name + " started", e);
        }
    }

    /** Takes nothing in until {@link #resume}, so that a backlog can be laid up. */
    void pause() {
        streams.pause();
    }

    void resume() {
        streams.resume();
    }

    @Override
    public void close() {
        streams.close(STOP_TIMEOUT);
        data.close();
    }
}
