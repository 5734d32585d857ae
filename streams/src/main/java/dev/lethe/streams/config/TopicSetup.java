package dev.lethe.streams.config;

import dev.lethe.streams.LetheException;
import dev.lethe.streams.topology.Topic;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.TopicExistsException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Creates the topics that are missing and checks those that exist, before a record is read: a wrong partition count or
 * cleanup policy would lose or misplace data later.
 */
public final class TopicSetup {
    private static final Logger log = LoggerFactory.getLogger(TopicSetup.class);
    private static final Duration TIMEOUT = Duration.ofSeconds(30);

    /** Internal traffic holds rows, so it is kept only as long as a stopped service may take to come back. */
    private static final Duration INTERNAL_RETENTION = Duration.ofDays(7);

    /** Requests name people: kept shorter than the month the GDPR allows for an answer. */
    private static final Duration REQUEST_RETENTION = Duration.ofDays(14);

    /** Old versions still remember erased rows. */
    private static final Duration VERSION_RETENTION = Duration.ofDays(30);

    /** Answers name samples that may be erased meanwhile; whoever asked has them within seconds. */
    private static final Duration INSIGHT_RETENTION = Duration.ofHours(1);

    private static final String FOREVER = "-1";

    /** A change holds a row twice, a dead letter a whole record and its reason: more than one record of a producer. */
    public static final int INTERNAL_MESSAGE_BYTES = 4 << 20;

    private final ServiceConfig config;

    public TopicSetup(ServiceConfig config) {
        this.config = config;
    }

    /**
     * Checks all topics that exist, then creates the others.
     *
     * @throws LetheException if a topic does not fit, which is then named with what to do; nothing was created
     */
    public void run(Admin admin) {
        List<Topic<?, ?>> topics = config.topics().all();
        Set<String> existing = existing(admin, topics);
        check(admin, topics.stream().filter(t -> existing.contains(t.name())).toList());
        create(admin, topics.stream().filter(t -> !existing.contains(t.name())).toList());
    }

    private Set<String> existing(Admin admin, List<Topic<?, ?>> topics) {
        Set<String> names = new TreeSet<>(get(admin.listTopics().names(), "list the topics"));
        names.retainAll(topics.stream().map(Topic::name).toList());
        return names;
    }

    private void check(Admin admin, List<Topic<?, ?>> topics) {
        if (topics.isEmpty()) {
            return;
        }
        List<String> names = topics.stream().map(Topic::name).toList();
        Map<String, TopicDescription> descriptions =
                get(admin.describeTopics(names).allTopicNames(), "describe the topics");
        Map<String, Config> configs = configs(admin, names);
        List<String> problems = new ArrayList<>();
        for (Topic<?, ?> topic : topics) {
            checkPartitions(topic, descriptions.get(topic.name()).partitions().size(), problems);
            String policy = configs.get(topic.name())
                    .get(TopicConfig.CLEANUP_POLICY_CONFIG)
                    .value();
            if (!policy.equals(topic.cleanup())) {
                problems.add("topic " + topic.name() + " has cleanup.policy=" + policy + ", expected " + topic.cleanup()
                        + ": set it with kafka-configs before records are lost");
            }
        }
        if (!problems.isEmpty()) {
            throw new LetheException(
                    "the topics do not fit the configuration; nothing was changed. " + String.join(". ", problems));
        }
    }

    private void checkPartitions(Topic<?, ?> topic, int found, List<String> problems) {
        int expected = partitions(topic);
        if (found != expected) {
            String key = setting(topic).key();
            problems.add("topic " + topic.name() + " has " + found + " partitions, expected " + expected + " (setting "
                    + key + "), and the count is fixed for life: set " + key + ": " + found
                    + ", or choose another prefix");
        }
    }

    private static Map<String, Config> configs(Admin admin, Collection<String> names) {
        List<ConfigResource> resources = names.stream()
                .map(name -> new ConfigResource(ConfigResource.Type.TOPIC, name))
                .toList();
        return get(admin.describeConfigs(resources).all(), "read the topics' settings").entrySet().stream()
                .collect(Collectors.toMap(e -> e.getKey().name(), Map.Entry::getValue));
    }

    private void create(Admin admin, List<Topic<?, ?>> topics) {
        var results =
                admin.createTopics(topics.stream().map(this::newTopic).toList()).values();
        for (Topic<?, ?> topic : topics) {
            try {
                get(results.get(topic.name()), "create topic " + topic.name());
                log.atInfo()
                        .addKeyValue("topic", topic.name())
                        .addKeyValue("partitions", partitions(topic))
                        .log("topic created");
            } catch (LetheException e) {
                if (!(e.getCause() instanceof TopicExistsException)) {
                    throw e;
                }
                // Another process that starts at the same time was quicker: its topic must fit too.
                check(admin, List.of(topic));
            }
        }
    }

    /** All topics as they are created. */
    public List<NewTopic> wanted() {
        return config.topics().all().stream().map(this::newTopic).toList();
    }

    private NewTopic newTopic(Topic<?, ?> topic) {
        return new NewTopic(topic.name(), partitions(topic), config.replicationFactor()).configs(configs(topic));
    }

    private Map<String, String> configs(Topic<?, ?> topic) {
        Map<String, String> configs = new HashMap<>();
        configs.put(TopicConfig.CLEANUP_POLICY_CONFIG, topic.cleanup());
        if (!isWrittenByOthers(topic)) {
            configs.put(TopicConfig.MAX_MESSAGE_BYTES_CONFIG, Integer.toString(INTERNAL_MESSAGE_BYTES));
        }
        if (topic.cleanup().equals(TopicConfig.CLEANUP_POLICY_COMPACT)) {
            configs.put(TopicConfig.MAX_COMPACTION_LAG_MS_CONFIG, Long.toString(Topic.COMPACTION_LAG.toMillis()));
        } else {
            configs.put(TopicConfig.RETENTION_MS_CONFIG, retention(topic));
        }
        return configs;
    }

    private boolean isWrittenByOthers(Topic<?, ?> topic) {
        var topics = config.topics();
        return List.of(
                        topics.requests().name(),
                        topics.samples().name(),
                        topics.models().name())
                .contains(topic.name());
    }

    private String retention(Topic<?, ?> topic) {
        String name = topic.name().substring(config.prefix().length() + 1);
        return switch (name) {
            case "receipts" -> FOREVER;
            case "insights" -> Long.toString(INSIGHT_RETENTION.toMillis());
            case "versions", "artifacts", "promotions" -> Long.toString(VERSION_RETENTION.toMillis());
            case "requests" -> Long.toString(REQUEST_RETENTION.toMillis());
            default -> Long.toString(INTERNAL_RETENTION.toMillis());
        };
    }

    private int partitions(Topic<?, ?> topic) {
        return switch (topic.group()) {
            case REQUESTS -> config.requestPartitions();
            case SHARDS -> config.shards();
            case MODELS, OUTPUT -> config.modelPartitions();
        };
    }

    private static Setting<Integer> setting(Topic<?, ?> topic) {
        return switch (topic.group()) {
            case REQUESTS -> Settings.REQUEST_PARTITIONS;
            case SHARDS -> Settings.SHARDS;
            case MODELS, OUTPUT -> Settings.MODEL_PARTITIONS;
        };
    }

    private static <T> T get(KafkaFuture<T> future, String what) {
        try {
            return future.get(TIMEOUT.toSeconds(), TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            throw new LetheException(
                    "Kafka does not let Lethe " + what + ": " + e.getCause().getMessage(), e.getCause());
        } catch (TimeoutException e) {
            throw new LetheException(
                    "Kafka did not " + what + " within " + TIMEOUT.toSeconds()
                            + " s: check bootstrap.servers (in the file"
                            + " or the variable LETHE_BOOTSTRAP_SERVERS), or leave it out to start a broker here",
                    e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LetheException("interrupted while waiting for Kafka to " + what, e);
        }
    }
}
