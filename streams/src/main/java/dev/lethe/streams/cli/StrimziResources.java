package dev.lethe.streams.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.util.Collection;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.clients.admin.NewTopic;

/** Topics, and a user that may use them, as Strimzi's operators read them ({@code kafka.strimzi.io/v1}). */
final class StrimziResources {
    private static final String API = "kafka.strimzi.io/v1";
    private static final String ALL = "All";
    private static final YAMLMapper YAML =
            YAMLMapper.builder().enable(YAMLGenerator.Feature.MINIMIZE_QUOTES).build();

    private final String cluster;

    private StrimziResources(String cluster) {
        this.cluster = cluster;
    }

    /**
     * YAML with a document for each topic, and one for the user.
     *
     * @param cluster name of the Strimzi cluster
     * @param prefix of the topics; also the application id of Kafka Streams and the user's name
     */
    static String of(String cluster, String prefix, Collection<NewTopic> topics) throws JsonProcessingException {
        StrimziResources resources = new StrimziResources(cluster);
        StringBuilder yaml = new StringBuilder();
        for (NewTopic topic : topics) {
            yaml.append(YAML.writeValueAsString(resources.topic(topic)));
        }
        return yaml.append(YAML.writeValueAsString(resources.user(prefix))).toString();
    }

    private ObjectNode resource(String kind, String name) {
        ObjectNode json = ClientCommand.object().put("apiVersion", API).put("kind", kind);
        json.putObject("metadata").put("name", name).putObject("labels").put("strimzi.io/cluster", cluster);
        return json;
    }

    private ObjectNode topic(NewTopic topic) {
        ObjectNode json = resource("KafkaTopic", topic.name());
        ObjectNode spec = json.putObject("spec").put("partitions", topic.numPartitions());
        if (topic.replicationFactor() > 0) {
            spec.put("replicas", (int) topic.replicationFactor());
        }
        ObjectNode configs = spec.putObject("config");
        for (Map.Entry<String, String> entry : new TreeMap<>(topic.configs()).entrySet()) {
            if (entry.getValue().matches("-?\\d+")) {
                configs.put(entry.getKey(), Long.parseLong(entry.getValue()));
            } else {
                configs.put(entry.getKey(), entry.getValue());
            }
        }
        return json;
    }

    /** All that Kafka Streams makes up begins with the application id: internal topics, groups, transactions. */
    private ObjectNode user(String prefix) {
        ObjectNode json = resource("KafkaUser", prefix);
        ObjectNode spec = json.putObject("spec");
        spec.putObject("authentication").put("type", "tls");
        ArrayNode rules = spec.putObject("authorization").put("type", "simple").putArray("acls");
        for (String type : new String[] {"topic", "group", "transactionalId"}) {
            ObjectNode rule = rules.addObject();
            rule.putObject("resource").put("type", type).put("name", prefix).put("patternType", "prefix");
            rule.putArray("operations").add(ALL);
        }
        return json;
    }
}
