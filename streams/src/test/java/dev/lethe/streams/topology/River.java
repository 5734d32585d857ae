package dev.lethe.streams.topology;

import dev.lethe.schemas.ComputedRow;
import dev.lethe.schemas.DeleteRequest;
import dev.lethe.schemas.InfluencePart;
import dev.lethe.schemas.InfluenceQuestion;
import dev.lethe.schemas.ModelFamily;
import dev.lethe.schemas.ModelIntercept;
import dev.lethe.schemas.ModelSpec;
import dev.lethe.schemas.ModelVersion;
import dev.lethe.schemas.Pass;
import dev.lethe.schemas.PromoteVersion;
import dev.lethe.schemas.Promotion;
import dev.lethe.schemas.Receipt;
import dev.lethe.schemas.Rectification;
import dev.lethe.schemas.RectifyRequest;
import dev.lethe.schemas.RelabelRequest;
import dev.lethe.schemas.Relabelling;
import dev.lethe.schemas.Sample;
import dev.lethe.schemas.SampleScores;
import dev.lethe.schemas.ScorePass;
import dev.lethe.schemas.SettlePolicy;
import dev.lethe.schemas.SettleRequest;
import dev.lethe.schemas.SettleUntil;
import dev.lethe.streams.config.Specs;
import dev.lethe.unlearn.correction.InMemoryFit;
import dev.lethe.unlearn.objective.Mapping.Fits;
import dev.lethe.unlearn.objective.Row;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Properties;
import java.util.function.Supplier;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.TestInputTopic;
import org.apache.kafka.streams.TestOutputTopic;
import org.apache.kafka.streams.TopologyTestDriver;
import org.apache.kafka.streams.test.TestRecord;

/** The whole topology in a test driver, with one shard, and the words to speak to it. */
final class River implements AutoCloseable {
    static final String DATASET = "d";
    private static final Topics TOPICS = new Topics("river");
    private static final Duration PATIENCE = Duration.ofSeconds(120);

    private final TopologyTestDriver driver;
    private final TestInputTopic<String, SpecificRecord> requests;
    private final TestInputTopic<String, Sample> samples;
    private final TestInputTopic<String, ModelSpec> models;
    private final TestInputTopic<String, SpecificRecord> answers;
    private final TestOutputTopic<String, Receipt> receiptTopic;
    private final TestOutputTopic<String, ModelVersion> versionTopic;
    private final TestOutputTopic<String, ModelVersion> championTopic;
    private final TestOutputTopic<String, Promotion> promotionTopic;
    private final TestOutputTopic<byte[], byte[]> deadLetterTopic;
    private final TestOutputTopic<String, SpecificRecord> passTopic;
    private final TestOutputTopic<String, SampleScores> scoreTopic;
    private final TestOutputTopic<String, SpecificRecord> insightTopic;
    private final List<Receipt> receipts = new ArrayList<>();
    private final List<ModelVersion> versions = new ArrayList<>();
    private final List<KeyValue<String, ModelVersion>> champions = new ArrayList<>();
    private final List<Promotion> promotions = new ArrayList<>();
    private final List<TestRecord<byte[], byte[]>> deadLetters = new ArrayList<>();
    private final List<Pass> passes = new ArrayList<>();
    private final List<ScorePass> scorePasses = new ArrayList<>();
    private final List<KeyValue<String, SampleScores>> scores = new ArrayList<>();
    private final List<SpecificRecord> insights = new ArrayList<>();
    private long clock = 1_000_000;
    private int barriers;

    River(Path directory, int slice) {
        var settings = TopologySettings.of(TOPICS, 1, Duration.ofHours(1), 64, slice, 1 << 20)
                .build();
        var properties = new Properties();
        properties.put(StreamsConfig.APPLICATION_ID_CONFIG, "river");
        properties.put(StreamsConfig.STATE_DIR_CONFIG, directory.toString());
        properties.put(StreamsConfig.DESERIALIZATION_EXCEPTION_HANDLER_CLASS_CONFIG, UnreadableRecords.class);
        properties.put(
                StreamsConfig.ERRORS_DEAD_LETTER_QUEUE_TOPIC_NAME_CONFIG,
                TOPICS.deadLetters().name());
        driver = new TopologyTestDriver(LetheTopology.build(settings), properties, Instant.ofEpochMilli(clock));
        requests = input(TOPICS.requests());
        samples = input(TOPICS.samples());
        models = input(TOPICS.models());
        answers = input(TOPICS.answers());
        receiptTopic = output(TOPICS.receipts());
        versionTopic = output(TOPICS.versions());
        championTopic = output(TOPICS.championVersions());
        promotionTopic = output(TOPICS.promotions());
        deadLetterTopic = output(TOPICS.deadLetters());
        passTopic = output(TOPICS.passes());
        scoreTopic = output(TOPICS.scores());
        insightTopic = output(TOPICS.insights());
    }

    private <K, V> TestInputTopic<K, V> input(Topic<K, V> topic) {
        return driver.createInputTopic(
                topic.name(), topic.keys().serializer(), topic.values().serializer());
    }

    private <K, V> TestOutputTopic<K, V> output(Topic<K, V> topic) {
        return driver.createOutputTopic(
                topic.name(), topic.keys().deserializer(), topic.values().deserializer());
    }

    static ModelSpec.Builder model(String id, ModelFamily family, int features, double l2) {
        return ModelSpec.newBuilder()
                .setModelId(id)
                .setDataset(DATASET)
                .setFamily(family)
                .setFeatures(features)
                .setIntercept(ModelIntercept.PENALISED)
                .setL2(l2)
                .setSettle(SettlePolicy.AUTO);
    }

    static Sample sample(String id, String subject, String label, double... features) {
        return new Sample(DATASET, id, subject, Doubles.toBuffer(features), label, 1.0);
    }

    long now() {
        return clock;
    }

    void put(Sample sample) {
        put(sample, ++clock);
    }

    void put(Sample sample, long time) {
        samples.pipeInput(Topics.sampleKey(sample.getDataset(), sample.getSampleId()), sample, time);
    }

    void putRaw(String key, Sample sample) {
        samples.pipeInput(new TestRecord<>(key, sample, new RecordHeaders(), ++clock));
    }

    static Topics topics() {
        return TOPICS;
    }

    void putBytes(Topic<?, ?> topic, String key, byte[] value) {
        driver.createInputTopic(topic.name(), new StringSerializer(), new ByteArraySerializer())
                .pipeInput(key, value, ++clock);
        read();
    }

    void put(ModelSpec spec) {
        models.pipeInput(spec.getModelId(), spec, ++clock);
    }

    Receipt delete(String requestId, String... ids) {
        return ask(DeleteRequest.newBuilder()
                .setRequestId(requestId)
                .setDataset(DATASET)
                .setSamples(List.of(ids))
                .build());
    }

    Receipt deleteSubjects(String requestId, String... subjects) {
        return ask(DeleteRequest.newBuilder()
                .setRequestId(requestId)
                .setDataset(DATASET)
                .setSubjects(List.of(subjects))
                .build());
    }

    Receipt relabel(String requestId, String id, String label) {
        return ask(RelabelRequest.newBuilder()
                .setRequestId(requestId)
                .setDataset(DATASET)
                .setSamples(List.of(new Relabelling(id, label)))
                .build());
    }

    Receipt rectify(String requestId, String id, double... features) {
        return ask(RectifyRequest.newBuilder()
                .setRequestId(requestId)
                .setDataset(DATASET)
                .setSamples(List.of(new Rectification(id, Doubles.toBuffer(features))))
                .build());
    }

    Receipt settle(SettleUntil until) {
        return ask(SettleRequest.newBuilder()
                .setRequestId("barrier-" + ++barriers)
                .setDataset(DATASET)
                .setUntil(until)
                .build());
    }

    /** Sends a request and waits for its next receipt. */
    Receipt ask(SpecificRecord request) {
        int before = receipts.size();
        send(request);
        String id = RequestRules.requestId(request);
        return await(() -> receipts.subList(before, receipts.size()).stream()
                .filter(r -> r.getRequestId().equals(id))
                .findFirst()
                .orElse(null));
    }

    void send(SpecificRecord request) {
        requests.pipeInput(RequestRules.dataset(request), request, ++clock);
        read();
    }

    ModelVersion awaitVersion(String model, long number) {
        return await(() -> versions.stream()
                .filter(v -> v.getModelId().equals(model) && v.getVersion() == number)
                .findFirst()
                .orElse(null));
    }

    ModelVersion latest(String model) {
        return versions.stream()
                .filter(v -> v.getModelId().equals(model))
                .reduce((a, b) -> b)
                .orElseThrow(() -> new AssertionError("no version of model " + model));
    }

    double[] theta(String model) {
        return Doubles.toArray(latest(model).getTheta());
    }

    List<ModelVersion> versions() {
        return versions;
    }

    /** What was written about the champion of a model, in order; null: the newest version is. */
    List<ModelVersion> champions(String model) {
        read();
        return champions.stream()
                .filter(c -> c.key.equals(model))
                .map(c -> c.value)
                .toList();
    }

    /** Sends a choice of a champion and waits for what was decided. */
    Promotion choose(PromoteVersion command) {
        answers.pipeInput(command.getVersion().getModelId(), command, ++clock);
        return await(() -> promotions.stream()
                .filter(p -> command.getCommandId().equals(p.getCommandId()))
                .findFirst()
                .orElse(null));
    }

    /** What the models asked of the shards, in order. */
    List<Pass> passes() {
        read();
        return passes;
    }

    /** Passes over single samples' scores, in order. */
    List<ScorePass> scorePasses() {
        read();
        return scorePasses;
    }

    /** What was written about scores, in order; a null value is a tombstone. */
    List<KeyValue<String, SampleScores>> scores() {
        read();
        return scores;
    }

    /** What the shard keeps of computed scores. */
    List<ComputedRow> computed() {
        List<ComputedRow> kept = new ArrayList<>();
        try (var all =
                driver.<String, ComputedRow>getKeyValueStore(Nodes.COMPUTED).all()) {
            all.forEachRemaining(entry -> kept.add(entry.value));
        }
        return kept;
    }

    /** Sends a question or a wish to the model. */
    void inquire(String model, SpecificRecord question) {
        answers.pipeInput(model, question, ++clock);
    }

    /** Sends a question and waits for the answer of the one shard. */
    InfluencePart ask(InfluenceQuestion question) {
        inquire(question.getModelId(), question);
        return await(() -> insights.stream()
                .filter(m ->
                        m instanceof InfluencePart part && part.getQuestionId().equals(question.getQuestionId()))
                .map(InfluencePart.class::cast)
                .findFirst()
                .orElse(null));
    }

    List<SpecificRecord> insights() {
        read();
        return insights;
    }

    List<Promotion> promotions() {
        read();
        return promotions;
    }

    List<Receipt> receipts() {
        return receipts;
    }

    List<TestRecord<byte[], byte[]>> deadLetters() {
        read();
        return deadLetters;
    }

    /** Heavy work runs beside the driver: lets its clock and the real one go on until there is an answer. */
    <T> T await(Supplier<T> answer) {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (System.nanoTime() < end) {
            read();
            T found = answer.get();
            if (found != null) {
                return found;
            }
            tick();
        }
        throw new AssertionError("nothing after " + PATIENCE + "; receipts: " + receipts + "; versions: "
                + versions.stream()
                        .map(v -> v.getModelId() + " " + v.getVersion())
                        .toList());
    }

    void tick() {
        driver.advanceWallClockTime(Duration.ofMillis(5));
        clock += 5;
        try {
            Thread.sleep(1);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private void read() {
        receipts.addAll(receiptTopic.readValuesToList());
        versions.addAll(versionTopic.readValuesToList());
        champions.addAll(championTopic.readKeyValuesToList());
        promotions.addAll(promotionTopic.readValuesToList());
        deadLetters.addAll(deadLetterTopic.readRecordsToList());
        scores.addAll(scoreTopic.readKeyValuesToList());
        insights.addAll(insightTopic.readValuesToList());
        for (SpecificRecord message : passTopic.readValuesToList()) {
            if (message instanceof Pass pass) {
                passes.add(pass);
            } else if (message instanceof ScorePass pass) {
                scorePasses.add(pass);
            }
        }
    }

    /** The retrained optimum over the given samples: what every settled model must equal. */
    static double[] retrained(ModelSpec spec, Collection<Sample> samples) {
        List<Row> rows = new ArrayList<>();
        var mapper = Specs.mapper(spec);
        for (Sample s : samples) {
            if (mapper.map(Doubles.toArray(s.getFeatures()), s.getLabel(), s.getWeight()) instanceof Fits fits) {
                rows.add(fits.row());
            }
        }
        try (var anchor = InMemoryFit.fit(Specs.objective(spec), rows, null)) {
            return anchor.theta().clone();
        }
    }

    @Override
    public void close() {
        driver.close();
    }
}
