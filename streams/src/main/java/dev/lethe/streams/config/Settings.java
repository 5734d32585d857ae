package dev.lethe.streams.config;

import dev.lethe.streams.config.Setting.Defaults;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Every setting of the service: constant, meaning, default. */
public final class Settings {
    private static final int MAX_PARTITIONS = 10_000;
    private static final int MAX_MILLIS = 3_600_000;
    private static final int MAX_SECONDS = 31_536_000;
    private static final int MAX_DAYS = 36_500;
    private static final int MAX_PORT = 65_535;

    public static final Setting<String> BOOTSTRAP_SERVERS = Setting.text(
            "bootstrap.servers",
            "\\S+",
            new Defaults(null, null),
            "host:port[,host:port...]",
            "Kafka cluster to connect to. Without it, a broker is started in this process and keeps its data in data.dir.");

    public static final Setting<Integer> LOCAL_PORT = Setting.integer(
            "local.port",
            0,
            MAX_PORT,
            Defaults.of(19_092),
            "Port of the broker in this process, on 127.0.0.1; 0: any free one.");

    public static final Setting<String> HTTP_HOST = Setting.text(
            "http.host",
            "[A-Za-z0-9.:_-]+",
            Defaults.of("127.0.0.1"),
            "a host name or an address of this machine",
            "Where `lethe serve` listens for HTTP (health, metrics, questions). It asks nobody who they are: let it listen"
                    + " to a network only behind something that does.");

    public static final Setting<OptionalInt> HTTP_PORT = new Setting<>(
            "http.port",
            "a whole number from 0 to 65535, or off",
            Defaults.of(19_090),
            "Port for HTTP of `lethe serve`; 0: any free one; off: none.",
            Settings::port);

    public static final Setting<String> PREFIX = Setting.text(
            "prefix",
            "[A-Za-z0-9._-]{1,64}",
            Defaults.of("lethe"),
            "1 to 64 of A-Z a-z 0-9 . _ -",
            "First part of every topic name; also the Kafka Streams application id.");

    public static final Setting<Path> DATA_DIR = new Setting<>(
            "data.dir",
            "a path",
            Defaults.of(".lethe"),
            "Directory of this process: broker log, stores, snapshots, log file. One process per directory.",
            Path::of);

    public static final Setting<Integer> SHARDS = Setting.integer(
            "shards",
            1,
            MAX_PARTITIONS,
            new Defaults("12", "4"),
            "Partitions of samples, parts and passes: over how many tasks the training data is spread. Fixed for life.");

    public static final Setting<Integer> REQUEST_PARTITIONS = Setting.integer(
            "request.partitions",
            1,
            MAX_PARTITIONS,
            new Defaults("3", "1"),
            "Partitions of requests and applied; the requests of one dataset stay in order in one of them."
                    + " Fixed for life.");

    public static final Setting<Integer> MODEL_PARTITIONS = Setting.integer(
            "model.partitions",
            1,
            MAX_PARTITIONS,
            new Defaults("3", "1"),
            "Partitions of models, answers, receipts and versions: over how many tasks the models are spread."
                    + " Fixed for life.");

    public static final Setting<Integer> REPLICATION_FACTOR = Setting.integer(
            "replication.factor",
            -1,
            Short.MAX_VALUE,
            new Defaults("-1", "1"),
            "Copies of each topic that is created; -1: the cluster's default.");

    public static final Setting<Integer> THREADS = Setting.integer(
            "threads",
            1,
            256,
            Defaults.of(3),
            "Stream threads of this process. Each waits a part of its time for the end of its transactions: one more than"
                    + " cores keeps two cores busy behind a backlog.");

    public static final Setting<Integer> COMMIT_INTERVAL_MS = Setting.integer(
            "commit.interval.ms",
            1,
            MAX_MILLIS,
            Defaults.of(50),
            "Longest time between transactions. They end at once when nothing more is waiting, so a request waits for"
                    + " this only behind a backlog.");

    public static final Setting<Integer> POLL_MS = Setting.integer(
            "poll.ms",
            1,
            MAX_MILLIS,
            Defaults.of(5),
            "How long a stream thread waits for records; timers inside fire no more often than this.");

    public static final Setting<Integer> SETTLE_QUIET_MS = Setting.integer(
            "settle.quiet.ms",
            0,
            MAX_MILLIS,
            Defaults.of(200),
            "How long a model with `settle: auto` must be without changes before it settles by itself.");

    public static final Setting<Integer> BATCH =
            Setting.integer("batch", 1, 4_096, Defaults.of(64), "Changes that a model folds together at most.");

    public static final Setting<Integer> SLICE = Setting.integer(
            "slice", 1, 65_536, Defaults.of(256), "Samples of one request that a shard works off in one go at most.");

    public static final Setting<Integer> STANDBY_REPLICAS = Setting.integer(
            "standby.replicas",
            0,
            16,
            new Defaults("1", "0"),
            "Copies of each store that other processes keep up to date, so that they can take over at once when one is"
                    + " gone.");

    public static final Setting<Integer> ROW_CACHE_MB = Setting.integer(
            "row.cache.mb",
            0,
            1 << 20,
            Defaults.of(512),
            "Memory, beside the heap, in which this process keeps rows, in MiB: for passes, and for requests where a"
                    + " model takes features as they are. Rows beyond it are read from disk each time. 0: all are.");

    public static final Setting<Integer> ROCKSDB_MEMORY_MB = Setting.integer(
            "rocksdb.memory.mb",
            16,
            1 << 20,
            Defaults.of(256),
            "Memory, beside the heap, that all stores of this process share for blocks, indexes and write buffers, in MiB."
                    + " Less costs reads from disk and more, smaller files.");

    public static final Setting<Integer> SCORES_REFRESH_S = Setting.integer(
            "scores.refresh.s",
            0,
            MAX_SECONDS,
            Defaults.of(60),
            "Once somebody has asked for a model's scores they are renewed when a newer version is out, no oftener than"
                    + " this many seconds. 0: only when asked for.");

    public static final Setting<Integer> TRAINING_CHECKPOINT_MS = Setting.integer(
            "training.checkpoint.ms",
            10,
            MAX_MILLIS,
            Defaults.of(2_000),
            "A network's training writes what it has reached to the data directory this often, and goes on from there"
                    + " after a restart. Less costs writes, more costs steps done again.");

    public static final Setting<String> ARTIFACTS_STORE = Setting.text(
            "artifacts.store",
            "s3://[^/\\s].*|(?![A-Za-z][A-Za-z0-9+.-]*://)\\S.*",
            Defaults.of("local"),
            "off, local, a folder, or s3://BUCKET/PREFIX",
            "Where `lethe serve` keeps versions as files. off: nowhere; local: the folder artifacts in data.dir; s3://...: a bucket."
                    + " It follows the versions topic and never holds it up.");

    public static final Setting<URI> ARTIFACTS_S3_ENDPOINT = new Setting<>(
            "artifacts.s3.endpoint",
            "http://HOST:PORT or https://HOST",
            new Defaults(null, null),
            "Server of an artifacts.store that speaks S3 and is not Amazon's. Credentials come from where AWS' tools take"
                    + " them, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY for example.",
            Settings::http);

    public static final Setting<String> ARTIFACTS_S3_REGION = Setting.text(
            "artifacts.s3.region",
            "[a-z0-9-]+",
            new Defaults(null, null),
            "a region, eu-central-1 for example",
            "Region of an artifacts.store in S3. Without it, as AWS' tools find it: AWS_REGION, profile, instance.");

    public static final Setting<Integer> VERSIONS_INLINE_MAX_KB = Setting.integer(
            "versions.inline.max.kb",
            0,
            4_096,
            Defaults.of(1_024),
            "Largest parameters that travel in the record of a version, in KiB. Larger ones are written to artifacts.store"
                    + " first, and the record refers to them; without a store all travel in records. So do always those of"
                    + " models with a dense factor, of networks, and imported ones until they are settled.");

    public static final Setting<Integer> ARTIFACTS_RETENTION_DAYS = Setting.integer(
            "artifacts.retention.days",
            0,
            MAX_DAYS,
            Defaults.of(30),
            "How long a superseded version stays in artifacts.store: it remembers rows that were erased since. The newest"
                    + " version always stays.");

    public static final Setting<URI> MLFLOW_URL = new Setting<>(
            "mlflow.url",
            "http://HOST:PORT or https://HOST",
            new Defaults(null, null),
            "MLflow server in whose registry `lethe serve` registers every version; without it, none. It follows the versions"
                    + " topic and never holds it up. Credentials: MLFLOW_TRACKING_TOKEN, or MLFLOW_TRACKING_USERNAME and"
                    + " MLFLOW_TRACKING_PASSWORD.",
            Settings::http);

    public static final Setting<URI> SCHEMA_REGISTRY_URL = new Setting<>(
            "schema.registry.url",
            "http://HOST:PORT or https://HOST, with a path where the registry has one",
            new Defaults(null, null),
            "Registry of producers that frame messages as Confluent's serializers do; both framings are then read."
                    + " Credentials: SCHEMA_REGISTRY_BASIC_AUTH_USER_INFO, user:password.",
            Settings::http);

    /** All of them, in the order of the reference page. */
    public static final List<Setting<?>> ALL = List.of(
            BOOTSTRAP_SERVERS,
            LOCAL_PORT,
            HTTP_HOST,
            HTTP_PORT,
            PREFIX,
            DATA_DIR,
            SHARDS,
            REQUEST_PARTITIONS,
            MODEL_PARTITIONS,
            REPLICATION_FACTOR,
            THREADS,
            COMMIT_INTERVAL_MS,
            POLL_MS,
            SETTLE_QUIET_MS,
            BATCH,
            SLICE,
            STANDBY_REPLICAS,
            ROW_CACHE_MB,
            ROCKSDB_MEMORY_MB,
            SCORES_REFRESH_S,
            TRAINING_CHECKPOINT_MS,
            ARTIFACTS_STORE,
            ARTIFACTS_S3_ENDPOINT,
            ARTIFACTS_S3_REGION,
            VERSIONS_INLINE_MAX_KB,
            ARTIFACTS_RETENTION_DAYS,
            MLFLOW_URL,
            SCHEMA_REGISTRY_URL);

    private Settings() {}

    private static URI http(String text) {
        URI uri = URI.create(text);
        if (uri.getHost() == null || !List.of("http", "https").contains(uri.getScheme())) {
            throw new IllegalArgumentException("no address");
        }
        return uri;
    }

    private static OptionalInt port(String text) {
        // YAML 1.1 reads off as false.
        if (text.equals("off") || text.equals("false")) {
            return OptionalInt.empty();
        }
        int port = Integer.parseInt(text);
        if (port < 0 || port > MAX_PORT) {
            throw new IllegalArgumentException("out of range");
        }
        return OptionalInt.of(port);
    }

    /** The reference page, as text. */
    public static String reference() {
        return ALL.stream().map(Settings::entry).collect(Collectors.joining(System.lineSeparator()))
                + System.lineSeparator()
                + KafkaProperties.REFERENCE;
    }

    private static String entry(Setting<?> setting) {
        return String.format(
                Locale.ROOT,
                "%s  (default: %s; variable %s)%n    %s%n    Allowed: %s.%n",
                setting.key(),
                defaults(setting.defaults()),
                setting.variable(),
                setting.doc(),
                setting.rule());
    }

    private static String defaults(Defaults defaults) {
        if (defaults.cluster() == null) {
            return "none";
        }
        return defaults.cluster().equals(defaults.local())
                ? defaults.local()
                : defaults.cluster() + ", with the embedded broker " + defaults.local();
    }

    static Map<String, Setting<?>> byVariable() {
        return ALL.stream().collect(Collectors.toMap(Setting::variable, Function.identity()));
    }
}
