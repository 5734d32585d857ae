package dev.lethe.streams.cli.bench;

import dev.lethe.schemas.ModelVersion;
import dev.lethe.schemas.Pass;
import dev.lethe.schemas.Sample;
import dev.lethe.schemas.SettlePolicy;
import dev.lethe.schemas.SettleRequest;
import dev.lethe.schemas.SettleUntil;
import dev.lethe.schemas.ShardStatistics;
import dev.lethe.streams.cli.Progress;
import dev.lethe.streams.cli.bench.Timing.Figures;
import dev.lethe.streams.client.ClientSettings;
import dev.lethe.streams.client.LetheClient;
import dev.lethe.streams.config.ServiceConfig;
import dev.lethe.streams.topology.Doubles;
import dev.lethe.streams.topology.LetheTopology;
import dev.lethe.streams.topology.Topics;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** A deployment with one model, whose dataset is brought to a size before it is measured. */
final class ScaleRun implements AutoCloseable {
    private static final int FEATURES = 784;
    /** Deletions of one sample each in one measurement of their rate. */
    private static final int BACKLOG = 500;

    /** Measurements of the rate before any counts, at least. */
    private static final int WARM_UP = 3;
    /** Rounds before anything counts: the first reads the rows into memory, the next ones are compiled. */
    private static final int MOST_ROUNDS = 12;

    /** At one measurement, should the compiler come between. */
    private static final int MOST_TRIES = 3;

    /** 240 000 at once, and those in the place of what was deleted. */
    private static final int MAX_ROWS = 270_000;
    /** Rows on their way at once: they are in this process's memory until then. */
    private static final int AT_ONCE = 20_000;
    /** All rows in memory: reading them from disk is not what is to be compared. */
    private static final int ROW_CACHE_MB = 2_048;

    private static final Duration PATIENCE = Duration.ofMinutes(3);
    /** Far above the ids that the model itself gives out. */
    private static final long FIRST_PASS = 1L << 40;

    /** What a pass adds up, in the order in which they are measured. */
    enum Sweep {
        /** It takes seconds. The first, so that the stores are done with rows that were added just now. */
        CURVATURE(1, 5),
        GRADIENT(20, 15);

        /** Passes in a round before any counts. */
        private final int warmUp;

        private final int mostRepetitions;

        Sweep(int warmUp, int mostRepetitions) {
            this.warmUp = warmUp;
            this.mostRepetitions = mostRepetitions;
        }

        String title() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    private final int shards;
    private final Progress progress;
    private final Topics topics;
    private final List<Contender> instances = new ArrayList<>();
    private final StreamData data = new StreamData(FEATURES, MAX_ROWS);
    private final Iterator<Sample> samples = data.samples().iterator();
    private final LetheClient client;
    private final Load load;
    private final Producer<String, byte[]> producer;
    private final Outputs versions;
    private final Outputs answers;
    /** Rows that the model has ever been over. */
    private volatile long put;
    /** Rows that it was to have last. */
    private int grown;

    private long nextPass = FIRST_PASS;

    /** @param instances of the service, each with its own data directory and stream threads */
    ScaleRun(BenchBroker broker, String prefix, int shards, int instances, Progress progress) {
        this.shards = shards;
        this.progress = progress;
        this.topics = new Topics(prefix);
        String bootstrap = broker.bootstrapServers();
        for (int i = 0; i < instances; i++) {
            ServiceConfig config = config(broker, prefix, i);
            this.instances.add(new Contender(
                    config, LetheTopology.build(config.topologySettings().build())));
        }
        this.client = LetheClient.connect(ClientSettings.of(bootstrap, prefix)).follow(LetheClient.From.NOW);
        this.load = new Load(bootstrap, topics.requests().name(), StreamData.DATASET);
        this.producer = new KafkaProducer<>(
                Map.of("bootstrap.servers", bootstrap, "linger.ms", "0"),
                new StringSerializer(),
                new ByteArraySerializer());
        this.versions = new Outputs(bootstrap, topics.versions().name(), this::deleted);
        this.answers = new Outputs(bootstrap, topics.answers().name(), this::answered);
    }

    private ServiceConfig config(BenchBroker broker, String prefix, int instance) {
        return ServiceConfig.of(Map.of(
                "bootstrap.servers",
                broker.bootstrapServers(),
                "prefix",
                prefix,
                "data.dir",
                broker.dataDirectory(prefix + "-" + instance).toString(),
                "replication.factor",
                "1",
                "standby.replicas",
                "0",
                "row.cache.mb",
                Integer.toString(ROW_CACHE_MB),
                "shards",
                Integer.toString(shards),
                "request.partitions",
                "1",
                "model.partitions",
                "1"));
    }

    /** Deletions that a version holds. While rows are added it may have more of them than were counted yet. */
    private long deleted(long before, byte[] value) {
        ModelVersion version = topics.versions().values().deserializer().deserialize("", value);
        return Math.max(before, put - version.getRows());
    }

    /** Shards that have answered passes of ours. */
    private long answered(long before, byte[] value) {
        return topics.answers().values().deserializer().deserialize("", value) instanceof ShardStatistics statistics
                        && statistics.getPassId() >= FIRST_PASS
                        && statistics.getChunk() == statistics.getChunks() - 1
                ? before + 1
                : before;
    }

    /** Adds rows until there are so many; the model has settled over all of them when this returns. */
    void growTo(int total) {
        boolean first = put == 0;
        grown = total;
        long now = System.currentTimeMillis();
        long more = total - (put - versions.last());
        for (long left = more; left > 0; left -= AT_ONCE) {
            put((int) Math.min(left, AT_ONCE), now);
        }
        if (first) {
            client.putModel(data.model(SettlePolicy.NEVER), now);
            client.awaitVersion(StreamData.MODEL, 1, PATIENCE);
        }
        var settle = new SettleRequest("grown-" + (put + more), StreamData.DATASET, SettleUntil.SETTLED, null, null);
        client.awaitReceipt(client.send(settle), PATIENCE);
        put = put + more;
        progress.step();
    }

    private void put(int count, long now) {
        List<Sample> next = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            next.add(samples.next());
        }
        client.awaitConsumed(client.putSamples(next, now), PATIENCE);
        progress.step();
    }

    /** Milliseconds from a pass asked for until all shards' answers are committed, by each run, in turns. */
    static Figures[] passes(Sweep sweep, int repetitions, ScaleRun... runs) {
        CompilerLoad.quieten(1, MOST_ROUNDS, () -> {
            for (ScaleRun run : runs) {
                for (int i = 0; i < sweep.warmUp; i++) {
                    run.pass(sweep);
                }
            }
        });
        return inTurns(Math.min(repetitions, sweep.mostRepetitions), run -> run.pass(sweep), runs);
    }

    private static Figures[] inTurns(int repetitions, ToDoubleFunction<ScaleRun> measure, ScaleRun... runs) {
        double[][] figures = new double[runs.length][repetitions];
        for (int i = 0; i < repetitions; i++) {
            for (int run = 0; run < runs.length; run++) {
                ScaleRun measured = runs[run];
                figures[run][i] = CompilerLoad.besideQuiet(MOST_TRIES, () -> measure.applyAsDouble(measured));
            }
            runs[0].progress.step();
        }
        return Stream.of(figures).map(each -> Figures.of(each, 1)).toArray(Figures[]::new);
    }

    private double pass(Sweep sweep) {
        boolean second = sweep == Sweep.CURVATURE;
        SpecificRecord pass = Pass.newBuilder()
                .setModelId(StreamData.MODEL)
                .setPassId(nextPass++)
                .setTheta(Doubles.toBuffer(new double[FEATURES]))
                .setCurvature(second)
                .setGram(second)
                .setReplyPartition(0)
                .build();
        byte[] bytes = topics.passes().values().serializer().serialize("", pass);
        long before = answers.last();
        long start = System.nanoTime();
        for (int shard = 0; shard < shards; shard++) {
            producer.send(new ProducerRecord<>(topics.passes().name(), shard, StreamData.MODEL, bytes));
        }
        return (answers.await(before + shards) - start) / 1e6;
    }

    /** Requests per second off a backlog, by each run, in turns; what the warm-up deletes is put in again before. */
    static Figures[] requests(int repetitions, ScaleRun... runs) {
        CompilerLoad.quieten(WARM_UP, MOST_ROUNDS, () -> {
            for (ScaleRun run : runs) {
                run.rate();
            }
        });
        for (ScaleRun run : runs) {
            run.growTo(run.grown);
        }
        return inTurns(repetitions, ScaleRun::rate, runs);
    }

    private double rate() {
        long before = versions.last();
        instances.forEach(Contender::pause);
        load.backlog(data.deletions(BACKLOG, 1));
        long start = System.nanoTime();
        instances.forEach(Contender::resume);
        return BACKLOG * 1e9 / (versions.await(before + BACKLOG) - start);
    }

    @Override
    public void close() {
        answers.close();
        versions.close();
        producer.close();
        load.close();
        client.close();
        instances.forEach(Contender::close);
    }
}
