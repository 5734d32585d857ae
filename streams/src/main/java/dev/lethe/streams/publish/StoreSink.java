package dev.lethe.streams.publish;

import dev.lethe.schemas.ModelSpec;
import dev.lethe.schemas.ModelVersion;
import dev.lethe.schemas.VersionArtifact;
import dev.lethe.streams.topology.Topic;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Writes artifacts into a store and announces each once all its files are there. */
final class StoreSink implements VersionSink {
    private static final Logger log = LoggerFactory.getLogger(StoreSink.class);
    private static final long ACKNOWLEDGED_WITHIN_S = 30;
    /** Whatever is still on its way by then is announced by the next start. */
    private static final Duration CLOSED_WITHIN = Duration.ofSeconds(5);

    private final ArtifactStore store;
    private final ArtifactWriter writer;
    private final Duration retention;
    private final Producer<byte[], byte[]> producer;
    private final Topic<String, VersionArtifact> topic;

    /**
     * Store and producer are closed with this.
     *
     * @param retention how long a superseded version stays
     */
    StoreSink(
            ArtifactStore store,
            Duration retention,
            String requestTopic,
            Producer<byte[], byte[]> producer,
            Topic<String, VersionArtifact> topic) {
        this.store = store;
        this.retention = retention;
        this.writer = new ArtifactWriter(store, requestTopic);
        this.producer = producer;
        this.topic = topic;
    }

    @Override
    public String name() {
        return "artifacts";
    }

    @Override
    public void accept(ModelVersion version, ModelSpec spec) throws IOException {
        writer.add(version, spec);
    }

    @Override
    public boolean isFull() {
        return writer.isFull();
    }

    @Override
    public void flush() throws IOException {
        List<Future<RecordMetadata>> sent = new ArrayList<>();
        for (VersionArtifact written : writer.flush()) {
            byte[] key = topic.keys().serializer().serialize(topic.name(), written.getModelId());
            byte[] value = topic.values().serializer().serialize(topic.name(), written);
            sent.add(producer.send(new ProducerRecord<>(topic.name(), key, value)));
        }
        for (Future<RecordMetadata> each : sent) {
            acknowledged(each);
        }
    }

    private static void acknowledged(Future<RecordMetadata> sent) throws IOException {
        try {
            sent.get(ACKNOWLEDGED_WITHIN_S, TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException e) {
            throw new IOException("Kafka does not take the announcement (" + e + ")", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while announcing a version", e);
        }
    }

    @Override
    public void tidy(Collection<String> models) throws IOException {
        ArtifactRetention sweeper = new ArtifactRetention(store);
        IOException failure = null;
        for (String model : models) {
            try {
                removed(model, sweeper.sweep(model, Instant.now().minus(retention)));
            } catch (IOException e) {
                failure = failure == null ? e : failure;
            }
        }
        if (failure != null) {
            throw failure;
        }
    }

    private static void removed(String model, int versions) {
        if (versions > 0) {
            log.atInfo()
                    .addKeyValue("model", model)
                    .addKeyValue("versions", versions)
                    .log("superseded versions removed from the store");
        }
    }

    @Override
    public void close() {
        producer.close(CLOSED_WITHIN);
        store.close();
    }
}
