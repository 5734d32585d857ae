package dev.lethe.streams.cli.bench;

import dev.lethe.schemas.ModelSpec;
import dev.lethe.streams.client.ClientSettings;
import dev.lethe.streams.client.LetheClient;
import dev.lethe.streams.config.ServiceConfig;
import dev.lethe.streams.config.TopicSetup;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.LongStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Broker and publisher of {@code bench follow}, a process of their own as they are elsewhere: their garbage and their
 * pauses are not the application's. Says its address on standard output. A line on standard input is a number of versions
 * to encode, the next one the order to publish them; each is answered by a line when it is done. The end of the input is
 * its end.
 */
final class FollowFeed {
    static final String PREFIX = "follow";
    static final long BETWEEN_VERSIONS_NANOS = 5_000_000;

    private final ModelSpec spec = FollowedModel.spec();
    private final ServiceConfig config;
    private long published;

    private FollowFeed(BenchBroker broker) {
        config = ServiceConfig.of(Map.of(
                "bootstrap.servers",
                broker.bootstrapServers(),
                "prefix",
                PREFIX,
                "replication.factor",
                "1",
                "model.partitions",
                "1"));
    }

    public static void main(String[] args) throws Exception {
        try (BenchBroker broker = new BenchBroker()) {
            new FollowFeed(broker).serve();
        }
    }

    private void serve() throws Exception {
        String bootstrap = config.bootstrapServers().orElseThrow();
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
            new TopicSetup(config).run(admin);
        }
        try (LetheClient client = LetheClient.connect(ClientSettings.of(bootstrap, PREFIX))) {
            client.putModel(spec, System.currentTimeMillis());
        }
        var bytes = new ByteArraySerializer();
        var input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        try (var producer = new KafkaProducer<>(Map.<String, Object>of("bootstrap.servers", bootstrap), bytes, bytes)) {
            publish(producer, encoded(1));
            answer(bootstrap);
            for (String line = input.readLine(); line != null; line = input.readLine()) {
                List<byte[]> versions = encoded(Integer.parseInt(line));
                answer("ready");
                input.readLine();
                publish(producer, versions);
                answer("published");
            }
        }
    }

    private static void answer(String line) throws IOException {
        System.out.write((line + "\n").getBytes(StandardCharsets.UTF_8));
        System.out.flush();
    }

    private List<byte[]> encoded(int count) {
        var topic = config.topics().latestVersions();
        long from = published + 1;
        published += count;
        return LongStream.rangeClosed(from, published)
                .mapToObj(number ->
                        topic.values().serializer().serialize(topic.name(), FollowedModel.version(spec, number)))
                .toList();
    }

    /** At a fixed rate. */
    private void publish(KafkaProducer<byte[], byte[]> producer, List<byte[]> versions) throws Exception {
        var topic = config.topics().latestVersions();
        byte[] key = topic.keys().serializer().serialize(topic.name(), FollowedModel.ID);
        long next = System.nanoTime();
        for (byte[] version : versions) {
            producer.send(new ProducerRecord<>(topic.name(), key, version)).get(1, TimeUnit.MINUTES);
            next += BETWEEN_VERSIONS_NANOS;
            while (System.nanoTime() < next) {
                LockSupport.parkNanos(next - System.nanoTime());
            }
        }
    }
}
