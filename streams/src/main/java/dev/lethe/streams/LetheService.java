package dev.lethe.streams;

import dev.lethe.streams.client.ClientSettings;
import dev.lethe.streams.client.LazyClient;
import dev.lethe.streams.config.ServiceConfig;
import dev.lethe.streams.config.TopicSetup;
import dev.lethe.streams.http.HttpServer;
import dev.lethe.streams.http.Routes;
import dev.lethe.streams.local.DataDirectory;
import dev.lethe.streams.local.LocalKafka;
import dev.lethe.streams.metrics.Instruments;
import dev.lethe.streams.publish.LargeWeights;
import dev.lethe.streams.publish.ModelBoard;
import dev.lethe.streams.publish.Publishing;
import dev.lethe.streams.store.Checkpoints;
import dev.lethe.streams.store.FactorCache;
import dev.lethe.streams.topology.LetheTopology;
import dev.lethe.unlearn.linalg.SelfTest;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.KafkaStreams.State;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The service in one process: data directory, broker where none is configured, topics, topology, HTTP. */
public final class LetheService implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(LetheService.class);
    private static final Duration STOP_TIMEOUT = Duration.ofSeconds(30);

    /** What to close, the last opened first. */
    private final Deque<Runnable> opened = new ArrayDeque<>();

    private final FailurePolicy failures = new FailurePolicy();
    private final CountDownLatch ready = new CountDownLatch(1);
    private final CountDownLatch stopped = new CountDownLatch(1);
    /** Why it stopped, where Kafka Streams did not do so by itself. */
    private volatile String ownFailure;

    private Consumer<String> notices = reason -> {};
    private String bootstrapServers;
    private KafkaStreams streams;
    private HttpServer http;
    private Publishing publishing;
    /** Null: all weights travel in records. */
    private LargeWeights weights;

    private LetheService() {}

    /** As {@link #serve}, without HTTP and files of versions: for runs that end by themselves. */
    public static LetheService start(ServiceConfig config) {
        return run(config, false, reason -> {});
    }

    /**
     * Starts everything and waits until it runs. HTTP answers before that, and says what is being waited for.
     *
     * @param notices told now and then why the service does not do its work, while it does not
     * @throws LetheException if the linear algebra computes wrong numbers here, the data directory is in use, the topics
     *     do not fit, or Kafka does not answer
     */
    public static LetheService serve(ServiceConfig config, Consumer<String> notices) {
        return run(config, true, notices);
    }

    /** As above; nobody is told. */
    public static LetheService serve(ServiceConfig config) {
        return run(config, true, reason -> {});
    }

    private static LetheService run(ServiceConfig config, boolean serving, Consumer<String> notices) {
        selfTest();
        LetheService service = new LetheService();
        service.notices = notices;
        try {
            service.open(config, serving);
            return service;
        } catch (RuntimeException e) {
            service.close();
            throw e;
        }
    }

    /** A broken kernel gives wrong models without any error, so nothing starts on one. */
    private static void selfTest() {
        try {
            SelfTest.run();
        } catch (IllegalStateException e) {
            throw new LetheException(e.getMessage(), e);
        }
    }

    private void open(ServiceConfig config, boolean serving) {
        DataDirectory data = DataDirectory.open(config.dataDir());
        opened.push(data::close);
        bootstrapServers = config.bootstrapServers().orElseGet(() -> startBroker(config, data));
        try (Admin admin = admin(config)) {
            new TopicSetup(config).run(admin);
        }
        log.atInfo().addKeyValue("config", config).log("starting");
        Instruments instruments = new Instruments();
        opened.push(instruments::close);
        FactorCache factors = FactorCache.open(data.factors());
        opened.push(factors::close);
        if (serving) {
            config.largeWeights().ifPresent(this::use);
        }
        streams = new KafkaStreams(
                LetheTopology.build(config.topologySettings()
                        .metrics(instruments.lethe())
                        .factors(factors)
                        .checkpoints(Checkpoints.open(data.training(), config.trainingCheckpoint()))
                        .weights(weights)
                        .build()),
                StreamsProperties.of(config, data, bootstrapServers));
        opened.push(() -> streams.close(STOP_TIMEOUT));
        streams.setUncaughtExceptionHandler(failures);
        streams.setStateListener(this::onState);
        ServiceHealth health =
                new ServiceHealth(this::state, this::failure, instruments.lethe()::loading, this::warnings);
        streams.setGlobalStateRestoreListener(health);
        if (serving) {
            listen(config, health, instruments);
        }
        ClockWatch clock = ClockWatch.start(this::onClockSetBack);
        opened.push(clock::close);
        watchForStandstill(health);
        streams.start();
        awaitRunning();
        if (serving) {
            // The tasks are there now; otherwise their meters would come a minute later.
            instruments.watch(streams);
            publish(config, instruments);
        }
    }

    private void watchForStandstill(ServiceHealth health) {
        var watch = new StandstillWatch(
                health::obstacles, () -> ready.getCount() == 0, System::nanoTime, this::say, this::giveUp);
        opened.push(watch.start()::close);
    }

    private void say(String reason) {
        log.atWarn().log("{}", reason);
        notices.accept(reason);
    }

    private void giveUp(String reason) {
        log.atError().log("{}", reason);
        ownFailure = reason;
        ready.countDown();
        stopped.countDown();
    }

    private void publish(ServiceConfig config, Instruments instruments) {
        publishing = new Publishing(settings(config), instruments.lethe());
        opened.push(publishing::close);
        config.artifacts()
                .ifPresent(address -> publishing.to(config.stores().open(address), config.artifactsRetention()));
        config.mlflowUrl().ifPresent(server -> publishing.toMlflow(server, config.artifacts()));
    }

    private ClientSettings settings(ServiceConfig config) {
        return new ClientSettings(bootstrapServers, config.prefix(), config.kafka(), "/lethe/publish");
    }

    private void use(LargeWeights store) {
        weights = store;
        opened.push(store::close);
    }

    private List<String> warnings() {
        List<String> warnings = new ArrayList<>(publishing == null ? List.of() : publishing.problems());
        Optional.ofNullable(weights).flatMap(LargeWeights::problem).ifPresent(warnings::add);
        return warnings;
    }

    private void listen(ServiceConfig config, ServiceHealth health, Instruments instruments) {
        instruments.watch(streams);
        instruments.watch(config.dataDir());
        config.httpPort().ifPresent(port -> {
            ModelBoard models = ModelBoard.start(settings(config));
            opened.push(models::close);
            LazyClient client = new LazyClient(settings(config));
            opened.push(client::close);
            http = HttpServer.start(config.httpHost(), port, Routes.of(health, instruments.registry(), models, client));
            opened.push(http::close);
        });
    }

    private String startBroker(ServiceConfig config, DataDirectory data) {
        LocalKafka kafka = LocalKafka.start(data.kafka(), config.localPort());
        opened.push(kafka::close);
        return kafka.bootstrapServers();
    }

    private Admin admin(ServiceConfig config) {
        Map<String, Object> properties = new HashMap<>(config.kafka().values());
        properties.put(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers);
        return Admin.create(properties);
    }

    private void onState(State now, State before) {
        log.atInfo().addKeyValue("from", before).addKeyValue("to", now).log("state changed");
        boolean over = now == State.ERROR || now == State.NOT_RUNNING;
        if (over || now == State.RUNNING) {
            ready.countDown();
        }
        if (over) {
            stopped.countDown();
        }
    }

    /** Nothing is lost by it, but nothing goes on either until the clock is where it was. */
    private void onClockSetBack(Duration by) {
        ownFailure = "the system's clock was set back by " + by.toSeconds() + " s, for which Kafka's timers would stand"
                + " still: start the service again";
        log.atError().addKeyValue("seconds", by.toSeconds()).log("clock set back");
        stopped.countDown();
    }

    private void awaitRunning() {
        try {
            ready.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LetheException("interrupted while the service started", e);
        }
        failure().ifPresent(reason -> {
            throw new LetheException(reason);
        });
    }

    /** State of Kafka Streams. */
    public State state() {
        return streams.state();
    }

    /** Why the service stopped by itself, if it did. */
    public Optional<String> failure() {
        if (ownFailure != null) {
            return Optional.of(ownFailure);
        }
        return state() == State.ERROR || state() == State.PENDING_ERROR
                ? Optional.of("the service stopped: " + failures.reason())
                : Optional.empty();
    }

    /** Waits until the service is stopped, by {@link #close} or by a failure. */
    public void awaitStopped() throws InterruptedException {
        stopped.await();
    }

    /** Where clients connect. */
    public String bootstrapServers() {
        return bootstrapServers;
    }

    /** Address of the HTTP side, if there is one. */
    public Optional<String> httpUrl() {
        return Optional.ofNullable(http).map(HttpServer::url);
    }

    /** Stops in good order; what was not committed is processed again by the next start. */
    @Override
    public void close() {
        while (!opened.isEmpty()) {
            try {
                opened.pop().run();
            } catch (RuntimeException e) {
                log.atWarn().setCause(e).log("did not close cleanly");
            }
        }
        stopped.countDown();
    }
}
