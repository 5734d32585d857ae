package dev.lethe.streams.cli.bench;

import dev.lethe.streams.topology.Messages;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** Sends requests of one dataset, on a schedule that does not wait for answers, or all at once. */
final class Load implements AutoCloseable {
    private static final long SEED = 20_260_101;

    private final String topic;
    private final String dataset;
    private final Producer<String, byte[]> producer;
    private final Random random = new Random(SEED);

    Load(String bootstrapServers, String topic, String dataset) {
        this.topic = topic;
        this.dataset = dataset;
        Map<String, Object> settings = Map.of(
                ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers,
                ProducerConfig.ACKS_CONFIG, "all",
                ProducerConfig.LINGER_MS_CONFIG, "0");
        producer = new KafkaProducer<>(settings, new StringSerializer(), new ByteArraySerializer());
    }

    /**
     * Sends at a mean rate, gaps uniform between half and one and a half of the mean so that no beat with a commit
     * interval arises.
     *
     * @return when each was sent, by {@link System#nanoTime}
     */
    long[] paced(List<? extends SpecificRecord> requests, int perSecond) {
        long[] sent = new long[requests.size()];
        double gap = (double) TimeUnit.SECONDS.toNanos(1) / perSecond;
        long next = System.nanoTime();
        for (int i = 0; i < sent.length; i++) {
            next += (long) (gap * (0.5 + random.nextDouble()));
            for (long left = next - System.nanoTime(); left > 0; left = next - System.nanoTime()) {
                LockSupport.parkNanos(left);
            }
            sent[i] = System.nanoTime();
            send(requests.get(i));
        }
        return sent;
    }

    /** Sends all and waits until the broker has them. */
    void backlog(List<? extends SpecificRecord> requests) {
        CompletableFuture.allOf(requests.stream().map(this::send).toArray(CompletableFuture[]::new))
                .join();
    }

    private CompletableFuture<Void> send(SpecificRecord request) {
        var acknowledged = new CompletableFuture<Void>();
        producer.send(new ProducerRecord<>(topic, dataset, Messages.encode(request)), (at, failure) -> {
            if (failure == null) {
                acknowledged.complete(null);
            } else {
                acknowledged.completeExceptionally(failure);
            }
        });
        return acknowledged;
    }

    @Override
    public void close() {
        producer.close();
    }
}
