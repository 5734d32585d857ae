package dev.lethe.streams.config;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.lethe.streams.LetheException;
import dev.lethe.streams.publish.ArtifactStores;
import dev.lethe.streams.publish.LargeWeights;
import dev.lethe.streams.registry.SchemaRegistry;
import dev.lethe.streams.topology.Topics;
import dev.lethe.streams.topology.TopologySettings;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Configuration of a service, checked. Sources, the later ones win: defaults, the file, variables {@code LETHE_*}. What
 * each setting means is said in {@link Settings}.
 *
 * @param bootstrapServers empty: the embedded broker
 * @param httpPort empty: no HTTP
 * @param replicationFactor -1: the cluster's default
 */
public record ServiceConfig(
        Optional<String> bootstrapServers,
        int localPort,
        String httpHost,
        OptionalInt httpPort,
        String prefix,
        Path dataDir,
        int shards,
        int requestPartitions,
        int modelPartitions,
        short replicationFactor,
        int threads,
        Duration commitInterval,
        Duration poll,
        Duration settleQuiet,
        int batch,
        int slice,
        int standbyReplicas,
        int rowCacheMb,
        int rocksdbMemoryMb,
        Duration scoresRefresh,
        Duration trainingCheckpoint,
        String artifactsStore,
        Optional<URI> artifactsS3Endpoint,
        Optional<String> artifactsS3Region,
        int versionsInlineMaxKb,
        Duration artifactsRetention,
        Optional<URI> mlflowUrl,
        Optional<URI> schemaRegistryUrl,
        KafkaProperties kafka) {
    private static final Logger log = LoggerFactory.getLogger(ServiceConfig.class);
    /** A stream thread has five minutes until it must poll again. */
    private static final Duration REGISTRY_PATIENCE = Duration.ofMinutes(2);

    private static final String KAFKA = "kafka";
    private static final String KAFKA_VARIABLE = "LETHE_KAFKA_";
    private static final ObjectMapper YAML = YAMLMapper.builder()
            .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
            .build();

    /** From keys and texts; what is not given has its default. Keys {@code kafka.*} go to Kafka's clients. */
    public static ServiceConfig of(Map<String, String> given) {
        Map<String, String> kafka = new HashMap<>();
        Map<String, String> own = new HashMap<>();
        given.forEach((key, value) -> {
            if (key.startsWith(KAFKA + ".")) {
                kafka.put(key.substring(KAFKA.length() + 1), value);
            } else {
                own.put(requireKnown(key), value);
            }
        });
        return build(own, !own.containsKey(Settings.BOOTSTRAP_SERVERS.key()), new KafkaProperties(kafka));
    }

    private static ServiceConfig build(Map<String, String> own, boolean local, KafkaProperties kafka) {
        return new ServiceConfig(
                Optional.ofNullable(Settings.BOOTSTRAP_SERVERS.value(own, local)),
                Settings.LOCAL_PORT.value(own, local),
                Settings.HTTP_HOST.value(own, local),
                Settings.HTTP_PORT.value(own, local),
                Settings.PREFIX.value(own, local),
                Settings.DATA_DIR.value(own, local),
                Settings.SHARDS.value(own, local),
                Settings.REQUEST_PARTITIONS.value(own, local),
                Settings.MODEL_PARTITIONS.value(own, local),
                Settings.REPLICATION_FACTOR.value(own, local).shortValue(),
                Settings.THREADS.value(own, local),
                Duration.ofMillis(Settings.COMMIT_INTERVAL_MS.value(own, local)),
                Duration.ofMillis(Settings.POLL_MS.value(own, local)),
                Duration.ofMillis(Settings.SETTLE_QUIET_MS.value(own, local)),
                Settings.BATCH.value(own, local),
                Settings.SLICE.value(own, local),
                Settings.STANDBY_REPLICAS.value(own, local),
                Settings.ROW_CACHE_MB.value(own, local),
                Settings.ROCKSDB_MEMORY_MB.value(own, local),
                Duration.ofSeconds(Settings.SCORES_REFRESH_S.value(own, local)),
                Duration.ofMillis(Settings.TRAINING_CHECKPOINT_MS.value(own, local)),
                Settings.ARTIFACTS_STORE.value(own, local),
                Optional.ofNullable(Settings.ARTIFACTS_S3_ENDPOINT.value(own, local)),
                Optional.ofNullable(Settings.ARTIFACTS_S3_REGION.value(own, local)),
                Settings.VERSIONS_INLINE_MAX_KB.value(own, local),
                Duration.ofDays(Settings.ARTIFACTS_RETENTION_DAYS.value(own, local)),
                Optional.ofNullable(Settings.MLFLOW_URL.value(own, local)),
                Optional.ofNullable(Settings.SCHEMA_REGISTRY_URL.value(own, local)),
                kafka);
    }

    /**
     * From a YAML file, if one is given, and the environment.
     *
     * @throws LetheException if the file cannot be read, or a setting is unknown or not allowed
     */
    public static ServiceConfig load(Optional<Path> file, Map<String, String> environment) {
        Map<String, String> given = new LinkedHashMap<>();
        file.ifPresent(path -> given.putAll(read(path)));
        given.putAll(fromVariables(environment));
        return of(given);
    }

    private static Map<String, String> read(Path file) {
        Map<String, String> flat = new LinkedHashMap<>();
        try {
            Object document = YAML.readValue(Files.newBufferedReader(file), Object.class);
            if (document instanceof Map<?, ?> map) {
                flatten("", map, flat);
            } else if (document != null) {
                throw new LetheException(
                        "configuration " + file + ": expected `key: value` lines, got a list or a text");
            }
        } catch (JsonProcessingException e) {
            // The parser's own message quotes the file, which may hold a secret.
            JsonLocation at = e.getLocation();
            String where = at == null ? "" : " in line " + at.getLineNr() + ", column " + at.getColumnNr();
            throw new LetheException(
                    "configuration " + file + " is not YAML" + where + ": expected `key: value` lines, each key once",
                    e);
        } catch (IOException e) {
            throw new LetheException("configuration " + file + " cannot be read (" + e + ")", e);
        }
        return flat;
    }

    private static void flatten(String prefix, Map<?, ?> map, Map<String, String> flat) {
        map.forEach((key, value) -> {
            if (value instanceof Map<?, ?> inner) {
                flatten(prefix + key + ".", inner, flat);
            } else if (value != null) {
                flat.put(prefix + key, value.toString());
            }
        });
    }

    /** A variable that is no setting is only reported: Kubernetes makes such names up for a service called lethe. */
    private static Map<String, String> fromVariables(Map<String, String> environment) {
        Map<String, String> given = new HashMap<>();
        environment.forEach((name, value) -> {
            Setting<?> setting = Settings.byVariable().get(name);
            if (setting != null) {
                given.put(setting.key(), value);
            } else if (name.startsWith(KAFKA_VARIABLE)) {
                String key = name.substring(KAFKA_VARIABLE.length()).toLowerCase(Locale.ROOT);
                given.put(KAFKA + "." + key.replace('_', '.'), value);
            } else if (name.startsWith("LETHE_")) {
                log.atDebug().addKeyValue("variable", name).log("no setting, ignored");
            }
        });
        return given;
    }

    private static String requireKnown(String key) {
        var known = Settings.ALL.stream().map(Setting::key).toList();
        if (!known.contains(key)) {
            throw new LetheException("setting " + key + " is unknown: " + Suggestion.of(key, known)
                    + " (`lethe serve --help-config` lists all; Kafka's own properties go under kafka:)");
        }
        return key;
    }

    /** Whether the broker runs in this process. */
    public boolean embedded() {
        return bootstrapServers.isEmpty();
    }

    /** Address of the store in which versions are kept as files, if anywhere. */
    public Optional<String> artifacts() {
        return switch (artifactsStore) {
            case "off", "false" -> Optional.empty();
            case "local" -> Optional.of(dataDir.resolve("artifacts").toString());
            default -> Optional.of(artifactsStore);
        };
    }

    /** How stores are reached. */
    public ArtifactStores stores() {
        return new ArtifactStores(artifactsS3Endpoint, artifactsS3Region);
    }

    /** Takes parameters that are too large for a record, if there is a store. To be closed. */
    public Optional<LargeWeights> largeWeights() {
        return artifacts().map(address -> new LargeWeights(stores().open(address), (long) versionsInlineMaxKb << 10));
    }

    /** The topics of this deployment. */
    public Topics topics() {
        return new Topics(prefix);
    }

    /** What the topology needs to know of these settings; the service adds what it has opened. */
    public TopologySettings.Builder topologySettings() {
        return TopologySettings.of(topics(), shards, settleQuiet, batch, slice, (long) rowCacheMb << 20)
                .scoresRefresh(scoresRefresh)
                .registry(schemaRegistryUrl
                        .map(url -> new SchemaRegistry(url, System.getenv(), REGISTRY_PATIENCE))
                        .orElse(null));
    }
}
