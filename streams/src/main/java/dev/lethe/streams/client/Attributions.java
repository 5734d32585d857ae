package dev.lethe.streams.client;

import dev.lethe.schemas.ComputedRow;
import dev.lethe.schemas.ComputedScores;
import dev.lethe.schemas.InfluencePart;
import dev.lethe.schemas.InfluenceQuestion;
import dev.lethe.schemas.RefreshScores;
import dev.lethe.schemas.SampleScores;
import dev.lethe.schemas.ScoresDone;
import dev.lethe.streams.LetheException;
import dev.lethe.streams.topology.Topic;
import dev.lethe.streams.topology.Topics;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.SerializationException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which samples matter: influences, asked of all shards wherever they are, and scores, read from their topic. Nothing is
 * cached here, so what was erased is gone from every answer. Thread-safe.
 */
public final class Attributions {
    private static final Logger log = LoggerFactory.getLogger(Attributions.class);
    /** Each is looked up and hashed by its shard, on the stream thread. */
    private static final int ROWS_AT_ONCE = 250;

    private static final Duration POLL = Duration.ofMillis(100);

    private final Topics topics;
    private final Writer writer;
    private final Supplier<Consumer<byte[], byte[]>> consumers;
    private final Duration readTimeout;

    Attributions(Topics topics, Writer writer, Supplier<Consumer<byte[], byte[]>> consumers, Duration readTimeout) {
        this.topics = topics;
        this.writer = writer;
        this.consumers = consumers;
        this.readTimeout = readTimeout;
    }

    /** A name for a question. */
    public static String newId() {
        return UUID.randomUUID().toString();
    }

    /**
     * Asks which samples matter to given rows.
     *
     * @throws RefusedException with the reason, if the service will not answer
     * @throws LetheException if no whole answer comes in time
     */
    public InfluenceAnswer influence(InfluenceQuestion question, Duration timeout) {
        Map<Integer, InfluencePart> parts = new HashMap<>();
        ask(
                question.getModelId(),
                question,
                timeout,
                "answer to the question about model " + question.getModelId(),
                m -> {
                    boolean ours = m instanceof InfluencePart part
                            && part.getQuestionId().equals(question.getQuestionId());
                    return ours ? took((InfluencePart) m, parts) : Optional.empty();
                });
        InfluenceAnswer answer = InfluenceAnswer.of(parts.values(), question.getTop());
        if (question.getGroup() != null && answer.groupRows() == 0) {
            throw new RefusedException(
                    "EMPTY_GROUP",
                    "group: none of its " + question.getGroup().size() + " samples is among the " + answer.rows()
                            + " of model " + question.getModelId() + ": they are unknown, erased, or do not fit it");
        }
        return answer;
    }

    private static Optional<Boolean> took(InfluencePart part, Map<Integer, InfluencePart> parts) {
        if (part.getFailureCode() != null) {
            throw new RefusedException(part.getFailureCode(), part.getFailure());
        }
        parts.put(part.getShard(), part);
        return parts.size() == part.getShards() ? Optional.of(true) : Optional.empty();
    }

    /**
     * Has a model's samples scored at its published version, unless they are already.
     *
     * @throws RefusedException if they cannot be
     * @throws LetheException if it is not done in time
     */
    public ScoresDone refresh(String modelId, Duration timeout) {
        RefreshScores asked = new RefreshScores(modelId, newId());
        ScoresDone done = ask(
                modelId,
                asked,
                timeout,
                "scores of model " + modelId,
                m -> m instanceof ScoresDone news && news.getRefreshIds().contains(asked.getRefreshId())
                        ? Optional.of(news)
                        : Optional.empty());
        if (done.getFailureCode() != null) {
            throw new RefusedException(done.getFailureCode(), done.getFailure());
        }
        return done;
    }

    /**
     * Gives the shards what was computed of a model's samples; {@link #refresh} has it shown. Of samples that are changed or
     * erased by then nothing is kept.
     */
    public void publish(String modelId, List<ComputedRow> rows) {
        for (int from = 0; from < rows.size(); from += ROWS_AT_ONCE) {
            var some = rows.subList(from, Math.min(rows.size(), from + ROWS_AT_ONCE));
            send(modelId, new ComputedScores(modelId, some));
        }
    }

    /** The scores that there are of a model's samples, in the order of their ids. */
    public List<SampleScores> scores(String dataset, String modelId) {
        String prefix = Topics.scoreKey(dataset, modelId, "");
        Map<String, SampleScores> found = new TreeMap<>();
        new TopicReader(consumers, readTimeout).read(topics.scores(), (key, value) -> {
            if (key.startsWith(prefix) && value == null) {
                found.remove(key);
            } else if (key.startsWith(prefix)) {
                found.put(key, value);
            }
        });
        return List.copyOf(found.values());
    }

    private <T> T ask(
            String modelId,
            SpecificRecord question,
            Duration timeout,
            String what,
            Function<SpecificRecord, Optional<T>> take) {
        Topic<String, SpecificRecord> insights = topics.insights();
        try (Consumer<byte[], byte[]> consumer = consumers.get()) {
            List<TopicPartition> partitions = consumer.partitionsFor(insights.name()).stream()
                    .map(info -> new TopicPartition(info.topic(), info.partition()))
                    .toList();
            consumer.assign(partitions);
            consumer.seekToEnd(partitions);
            // Seeking is lazy: fix the place before anything is asked.
            partitions.forEach(consumer::position);
            send(modelId, question);
            return await(consumer, timeout, what, take);
        }
    }

    /** To every partition: the task that has the model acts. */
    private void send(String modelId, SpecificRecord question) {
        Batch batch = new Batch();
        for (int partition = 0; partition < writer.partitions(topics.answers()); partition++) {
            batch.add(writer.write(
                    topics.answers(), partition, modelId, question, writer.eventId(), System.currentTimeMillis()));
        }
        batch.positions();
    }

    private <T> T await(
            Consumer<byte[], byte[]> consumer,
            Duration timeout,
            String what,
            Function<SpecificRecord, Optional<T>> take) {
        long deadline = System.nanoTime() + timeout.toNanos();
        while (System.nanoTime() < deadline) {
            for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
                Optional<T> taken = decoded(record).flatMap(take);
                if (taken.isPresent()) {
                    return taken.get();
                }
            }
        }
        throw new LetheException("no " + what + " within " + timeout.toSeconds()
                + " s: all processes of the service must run, as each holds some of the shards");
    }

    private Optional<SpecificRecord> decoded(ConsumerRecord<byte[], byte[]> record) {
        try {
            return Optional.of(topics.insights().values().deserializer().deserialize(record.topic(), record.value()));
        } catch (SerializationException e) {
            log.atWarn()
                    .addKeyValue("topic", record.topic())
                    .addKeyValue("offset", record.offset())
                    .addKeyValue("reason", e.getMessage())
                    .log("unreadable record skipped");
            return Optional.empty();
        }
    }
}
