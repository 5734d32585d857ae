package dev.lethe.streams.client;

import dev.lethe.streams.config.KafkaProperties;
import dev.lethe.streams.topology.Topics;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.CommonClientConfigs;

/**
 * Where a service is reached.
 *
 * @param bootstrapServers host:port of its Kafka
 * @param prefix first part of its topic names
 * @param kafka properties for every Kafka client, for example security
 * @param source who the messages say they come from (CloudEvents {@code source})
 */
public record ClientSettings(String bootstrapServers, String prefix, KafkaProperties kafka, String source) {

    /** A client without security settings. */
    public static ClientSettings of(String bootstrapServers, String prefix) {
        return new ClientSettings(bootstrapServers, prefix, KafkaProperties.none(), "/lethe/client");
    }

    Topics topics() {
        return new Topics(prefix);
    }

    Map<String, Object> properties(Map<String, ?> own) {
        Map<String, Object> all = new HashMap<>(kafka.values());
        all.put(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers);
        all.putAll(own);
        return all;
    }
}
