package dev.lethe.streams.config;

import dev.lethe.streams.LetheException;
import java.util.Map;
import java.util.Set;

/**
 * Properties handed through to every Kafka client, for example security. Their values may be secrets, so they are never
 * printed.
 *
 * @param values by Kafka's own names
 */
public record KafkaProperties(Map<String, String> values) {
    static final String REFERENCE = """
            kafka:  (default: none; variable LETHE_KAFKA_SECURITY_PROTOCOL for security.protocol)
                Properties handed through to every Kafka client by their own names, for example security.protocol.
                Prefixes such as producer. and consumer. are understood by the service. Secrets: use config.providers.
            """;

    /** What exactly-once processing, recovery after a restart or the topic contract rest on. */
    private static final Set<String> RESERVED = Set.of(
            "application.id",
            "bootstrap.servers",
            "processing.guarantee",
            "group.instance.id",
            "group.protocol",
            "state.dir",
            "isolation.level",
            "enable.idempotence",
            "acks",
            "errors.dead.letter.queue.topic.name",
            "deserialization.exception.handler");

    public KafkaProperties {
        for (String key : values.keySet()) {
            if (RESERVED.contains(key)) {
                throw new LetheException("setting kafka." + key + ": set by Lethe itself, since its guarantees rest on"
                        + " it; remove it" + (key.equals("bootstrap.servers") ? " and use bootstrap.servers" : ""));
            }
        }
        values = Map.copyOf(values);
    }

    /** No properties. */
    public static KafkaProperties none() {
        return new KafkaProperties(Map.of());
    }

    /** Names only: values may be secrets. */
    @Override
    public String toString() {
        return values.keySet().toString();
    }
}
