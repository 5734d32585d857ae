package dev.lethe.streams.client;

import dev.lethe.schemas.ModelSpec;
import dev.lethe.schemas.ModelVersion;
import dev.lethe.schemas.PromoteVersion;
import dev.lethe.schemas.Promotion;
import dev.lethe.schemas.Receipt;
import dev.lethe.schemas.RefreshFactor;
import dev.lethe.schemas.Sample;
import dev.lethe.streams.LetheException;
import dev.lethe.streams.topology.Topic;
import dev.lethe.streams.topology.Topics;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * Talks to a running service through its topics. Thread-safe. Every wait is bounded and fails with a
 * {@link LetheException} that says what did not come.
 */
public final class LetheClient implements AutoCloseable {
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(15);
    /** A consumer that is closed waits for its last fetch, and that waits for records which do not come any more. */
    private static final String READ_MAX_WAIT_MS = "50";

    private static final String FOLLOWED_MAX_WAIT_MS = "500";

    /** A whole dataset is more than what the other topics hold. */
    private static final Duration SAMPLES_TIMEOUT = Duration.ofMinutes(10);

    private static final Duration READ_TIMEOUT = Duration.ofMinutes(2);

    private final ClientSettings settings;
    private final Topics topics;
    private final Supplier<Optional<String>> serviceFailure;
    private final Admin admin;
    private final Writer writer;
    private final GroupProgress progress;
    private Publications publications;

    private LetheClient(ClientSettings settings, Supplier<Optional<String>> serviceFailure) {
        this.settings = settings;
        this.topics = settings.topics();
        this.serviceFailure = serviceFailure;
        this.admin = Admin.create(settings.properties(Map.of()));
        this.writer = new Writer(settings);
        this.progress = new GroupProgress(admin, settings.prefix(), serviceFailure);
    }

    /**
     * Connects.
     *
     * @throws LetheException if no Kafka answers, or it has no topics of this prefix
     */
    public static LetheClient connect(ClientSettings settings) {
        return connect(settings, Optional::empty);
    }

    /** Connects; {@code serviceFailure} ends every wait once it has a reason, for a service in the same process. */
    public static LetheClient connect(ClientSettings settings, Supplier<Optional<String>> serviceFailure) {
        LetheClient client = new LetheClient(settings, serviceFailure);
        try {
            client.requireTopics();
            return client;
        } catch (RuntimeException e) {
            client.close();
            throw e;
        }
    }

    private void requireTopics() {
        String where = settings.bootstrapServers();
        try {
            var names = admin.listTopics().names().get(CONNECT_TIMEOUT.toSeconds(), TimeUnit.SECONDS);
            if (!names.contains(topics.requests().name())) {
                throw new LetheException("Kafka at " + where + " has no topic "
                        + topics.requests().name() + ": start `lethe serve` first, or check --prefix");
            }
        } catch (ExecutionException | TimeoutException e) {
            throw new LetheException(
                    "no Kafka answers at " + where + " within " + CONNECT_TIMEOUT.toSeconds()
                            + " s: start `lethe serve`, or check --bootstrap",
                    e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LetheException("interrupted while connecting to " + where, e);
        }
    }

    /** Where the followed topics are read from. */
    public enum From {
        BEGINNING,
        NOW
    }

    /** Starts to follow receipts and versions; nothing published after this returns is missed. */
    public synchronized LetheClient follow(From from) {
        if (publications == null) {
            publications =
                    new Publications(settings, consumer(FOLLOWED_MAX_WAIT_MS), from == From.BEGINNING, serviceFailure);
        }
        return this;
    }

    /** For one question or one reading. */
    private Consumer<byte[], byte[]> consumer() {
        return consumer(READ_MAX_WAIT_MS);
    }

    private Consumer<byte[], byte[]> consumer(String maxWaitMs) {
        var bytes = new ByteArrayDeserializer();
        return new KafkaConsumer<>(
                settings.properties(Map.of(
                        ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG, maxWaitMs,
                        ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed",
                        ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, "false",
                        ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest")),
                bytes,
                bytes);
    }

    /** Writes samples, all with one record time, and waits until Kafka has them. */
    public Positions putSamples(Iterable<Sample> samples, long timestamp) {
        Batch batch = new Batch();
        for (Sample sample : samples) {
            String key = Topics.sampleKey(sample.getDataset(), sample.getSampleId());
            batch.add(writer.write(topics.samples(), key, sample, writer.eventId(), timestamp));
        }
        return batch.positions();
    }

    /** The samples of a dataset as they are now, by id; what was erased is not among them. */
    public Map<String, Sample> samples(String dataset) {
        String prefix = Topics.sampleKey(dataset, "");
        Map<String, Sample> all = new TreeMap<>();
        new TopicReader(this::consumer, SAMPLES_TIMEOUT).read(topics.samples(), (key, sample) -> {
            if (key.startsWith(prefix) && sample == null) {
                all.remove(key.substring(prefix.length()));
            } else if (key.startsWith(prefix)) {
                all.put(sample.getSampleId(), sample);
            }
        });
        return all;
    }

    /** Publishes a model's definition. */
    public Positions putModel(ModelSpec model, long timestamp) {
        Batch one = new Batch();
        one.add(writer.write(topics.models(), model.getModelId(), model, writer.eventId(), timestamp));
        return one.positions();
    }

    /** Asks for a new factor of a model; the service builds it as soon as nothing else is under way there. */
    public Positions refreshFactor(String modelId, long timestamp) {
        Batch batch = new Batch();
        for (int partition = 0; partition < writer.partitions(topics.answers()); partition++) {
            var asked = new RefreshFactor(modelId);
            batch.add(writer.write(topics.answers(), partition, modelId, asked, writer.eventId(), timestamp));
        }
        return batch.positions();
    }

    /**
     * Chooses a champion and waits for the decision.
     *
     * @param command with an id of its own
     */
    public Promotion promote(PromoteVersion command, Duration timeout) {
        String model = command.getVersion().getModelId();
        try (Awaited<Promotion> decisions = new Awaited<>(consumer(), topics.promotions())) {
            Batch batch = new Batch();
            for (int partition = 0; partition < writer.partitions(topics.answers()); partition++) {
                batch.add(writer.write(
                        topics.answers(), partition, model, command, writer.eventId(), System.currentTimeMillis()));
            }
            batch.positions();
            return decisions.await(
                    decided -> command.getCommandId().equals(decided.getCommandId()),
                    timeout,
                    "decision about model " + model);
        }
    }

    /** Champions of the models whose champion is not simply the newest version, by model. */
    public Map<String, ModelVersion> championVersions() {
        return newest(topics.championVersions());
    }

    /** Which samples matter. */
    public Attributions attributions() {
        return new Attributions(topics, writer, this::consumer, READ_TIMEOUT);
    }

    /** Sends a delete, relabel, rectify or settle request; completes when Kafka has it. */
    public CompletableFuture<Sent> send(SpecificRecord request, long timestamp) {
        String id = CloudEvents.requestId(request);
        long start = System.nanoTime();
        return writer.write(topics.requests(), CloudEvents.dataset(request), request, id, timestamp)
                .thenApply(at -> new Sent(id, at.partition(), at.offset(), start));
    }

    /** Sends a request, with the present time, and waits until Kafka has it. */
    public Sent send(SpecificRecord request) {
        return join(send(request, System.currentTimeMillis()));
    }

    /** The receipt of exactly this request, also where others share its id. */
    public Arrival awaitReceipt(Sent sent, Duration timeout) {
        return following().await(() -> receipt(sent), timeout, "receipt of request " + sent.requestId());
    }

    /** The first receipt under a request id. */
    public Receipt awaitReceipt(String requestId, Duration timeout) {
        return following()
                .await(
                        () -> following().receipts(requestId).stream().findFirst(),
                        timeout,
                        "receipt of request " + requestId)
                .receipt();
    }

    /** The receipt of exactly this request, if it has come. */
    public Optional<Arrival> receipt(Sent sent) {
        return following().receipts(sent.requestId()).stream()
                .filter(arrival -> arrival.answers(sent))
                .findFirst();
    }

    /** The newest version of a model, once it is at least the given number. */
    public ModelVersion awaitVersion(String modelId, long atLeast, Duration timeout) {
        return following()
                .await(
                        () -> following().latestVersion(modelId).filter(v -> v.getVersion() >= atLeast),
                        timeout,
                        "version " + atLeast + " of model " + modelId);
    }

    /** One version of a model, followed or read from the topic. */
    public Optional<ModelVersion> version(String modelId, long number) {
        Optional<ModelVersion> followed =
                publications == null ? Optional.empty() : publications.version(modelId, number);
        return followed.or(() ->
                versions(modelId).stream().filter(v -> v.getVersion() == number).findFirst());
    }

    /** Waits until the service has worked off and committed these records. */
    public void awaitConsumed(Positions positions, Duration timeout) {
        progress.await(positions, timeout);
    }

    /** All receipts on the topic. */
    public List<Receipt> receipts() {
        List<Receipt> all = new ArrayList<>();
        read(topics.receipts(), (id, receipt) -> all.add(receipt));
        return all;
    }

    /** All versions of a model that are still on the topic, the oldest first. */
    public List<ModelVersion> versions(String modelId) {
        TreeMap<Long, ModelVersion> all = new TreeMap<>();
        read(topics.versions(), (id, version) -> {
            if (modelId.equals(version.getModelId())) {
                all.put(version.getVersion(), version);
            }
        });
        return List.copyOf(all.values());
    }

    /** The newest version of each model. */
    public Map<String, ModelVersion> latestVersions() {
        return newest(topics.latestVersions());
    }

    /** The models, by id. */
    public Map<String, ModelSpec> models() {
        return newest(topics.models());
    }

    private <V> Map<String, V> newest(Topic<String, V> topic) {
        Map<String, V> all = new TreeMap<>();
        read(topic, (id, value) -> {
            if (value == null) {
                all.remove(id);
            } else {
                all.put(id, value);
            }
        });
        return all;
    }

    private <V> void read(Topic<String, V> topic, BiConsumer<String, V> action) {
        new TopicReader(this::consumer, READ_TIMEOUT).read(topic, action);
    }

    private synchronized Publications following() {
        if (publications == null) {
            throw new IllegalStateException("call follow first");
        }
        return publications;
    }

    /** Waits for Kafka's acknowledgement. */
    public static <T> T join(CompletableFuture<T> future) {
        try {
            return future.join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof LetheException known ? known : e;
        }
    }

    @Override
    public void close() {
        if (publications != null) {
            publications.close();
        }
        writer.close();
        admin.close(CONNECT_TIMEOUT);
    }
}
