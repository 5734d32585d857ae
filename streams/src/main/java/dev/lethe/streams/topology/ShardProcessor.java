package dev.lethe.streams.topology;

import dev.lethe.schemas.ComputedScores;
import dev.lethe.schemas.InfluencePass;
import dev.lethe.schemas.ModelOpened;
import dev.lethe.schemas.OpenModel;
import dev.lethe.schemas.Part;
import dev.lethe.schemas.PartCursor;
import dev.lethe.schemas.Parts;
import dev.lethe.schemas.Pass;
import dev.lethe.schemas.PublishedFactor;
import dev.lethe.schemas.Sample;
import dev.lethe.schemas.ScorePass;
import dev.lethe.schemas.StoredSample;
import dev.lethe.streams.store.RowBudget;
import java.time.Duration;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;

/** Owns a partition of the training data: applies parts and new rows to it, tells the models, answers passes. */
final class ShardProcessor implements Processor<String, SpecificRecord, String, Addressed> {
    /** Between looks at unfinished work. */
    private static final Duration TICK = Duration.ofMillis(5);
    /** Between looks at memory that nobody asks for any more. */
    private static final Duration QUIET = Duration.ofSeconds(10);
    /** How long one tick may work on the queue: other tasks share the thread, and transactions must end. */
    private static final Duration WORK = Duration.ofMillis(20);

    private final TopologySettings settings;
    private final RowBudget rowBudget;
    private ProcessorContext<String, Addressed> context;
    private ShardStores rows;
    private OpenModels models;
    private ShardOutput output;
    private PartQueue queue;
    private PassAnswers passes;
    private ValidationRows validation;
    private RowPasses rowPasses;
    private Strays strays;
    private Worker worker;
    private Alarm alarm;
    private boolean resumed;

    ShardProcessor(TopologySettings settings, RowBudget rowBudget) {
        this.settings = settings;
        this.rowBudget = rowBudget;
    }

    @Override
    public void init(ProcessorContext<String, Addressed> context) {
        this.context = context;
        rows = new ShardStores(context, rowBudget);
        models = new OpenModels(context.getStateStore(Nodes.OPEN_MODELS));
        output = new ShardOutput(context, models);
        queue = new PartQueue(context.getStateStore(Nodes.WORK));
        int shard = context.taskId().partition();
        strays = new Strays(new Homes(settings.shards()), rows, output, shard);
        worker = new Worker("lethe-shard-" + context.taskId());
        // A task that is revived after a failure keeps its processor.
        resumed = false;
        passes = new PassAnswers(rows, models, output, worker, shard);
        validation = new ValidationRows(rows, models, output);
        rowPasses = new RowPasses(
                rows,
                models,
                new ComputedStore(context.getStateStore(Nodes.COMPUTED), rows, models),
                new RowOutput(context),
                new Worker("lethe-rows-" + context.taskId()),
                settings.shards());
        context.<CommitHook>getStateStore(Nodes.SHARD_COMMIT).install(context, this::commit);
        alarm = new Alarm(context, this::tick);
        alarm.within(TICK);
    }

    /** The end of a transaction. */
    private void commit() {
        rows.flush();
        output.send();
        Transaction.current().ended();
    }

    private void tick() {
        resumeOnce();
        worker.drain();
        passes.send();
        rowPasses.send();
        rows.tidy();
        long end = System.nanoTime() + WORK.toNanos();
        validation.send(end - WORK.toNanos() / 2);
        strays.sweep(end - WORK.toNanos() / 2);
        while (!queue.isEmpty() && System.nanoTime() < end) {
            workOff();
        }
        alarm.within(unfinished() ? TICK : QUIET);
        if (queue.isEmpty()) {
            Transaction.current().endIfProduced(context);
        }
    }

    private boolean unfinished() {
        return worker.busy()
                || passes.sending()
                || validation.sending()
                || rowPasses.busy()
                || strays.sweeping()
                || !queue.isEmpty();
    }

    /** Not in init, where nothing may be forwarded yet. */
    private void resumeOnce() {
        if (!resumed) {
            resumed = true;
            passes.resume();
            validation.resume();
        }
    }

    @Override
    public void process(Record<String, SpecificRecord> record) {
        resumeOnce();
        SpecificRecord message = record.value();
        if (message instanceof Part part) {
            accept(part);
        } else if (message instanceof Parts several) {
            several.getParts().forEach(this::accept);
        } else if (message instanceof Pass pass) {
            passes.begin(pass);
        } else if (message instanceof ModelOpened opened) {
            open(opened);
        } else if (message instanceof PublishedFactor piece) {
            rowPasses.factor(piece);
        } else if (message instanceof ScorePass pass) {
            rowPasses.score(pass);
        } else if (message instanceof InfluencePass pass) {
            rowPasses.influence(pass);
        } else if (message instanceof ComputedScores batch) {
            rowPasses.computed(batch);
        } else {
            sample(record);
        }
        if (unfinished()) {
            alarm.within(TICK);
        }
        Transaction.current().worked(context);
    }

    @Override
    public void close() {
        if (worker != null) {
            worker.close();
            rowPasses.close();
            rows.close();
        }
    }

    private void open(ModelOpened opened) {
        if (models.get(opened.getSpec().getModelId()) == null) {
            models.put(OpenModel.newBuilder()
                    .setSpec(opened.getSpec())
                    .setReplyPartition(opened.getReplyPartition())
                    .setSubjectSalt(opened.getSubjectSalt())
                    .build());
            validation.resume();
        }
    }

    /** Parts are worked off in their order; what does not fit into a slice waits in a logged queue. */
    private void accept(Part part) {
        if (queue.isEmpty()) {
            PartCursor start =
                    PartWork.start(part, queue.next(), context.taskId().partition());
            work(part, start).work(start.getSequence()).ifPresent(cursor -> queue.add(part, cursor));
        } else {
            queue.add(part, PartWork.start(part, queue.next(), context.taskId().partition()));
        }
    }

    /** One slice of the part at the head. */
    private void workOff() {
        PartCursor cursor = queue.headCursor();
        Part part = queue.head();
        work(part, cursor)
                .work(cursor.getSequence())
                .ifPresentOrElse(queue::advance, () -> queue.remove(cursor.getSequence()));
    }

    private PartWork work(Part part, PartCursor cursor) {
        return new PartWork(rows, models, output, settings.slice(), part, cursor);
    }

    private void sample(Record<String, SpecificRecord> record) {
        if (output.wroteBack(record)) {
            return;
        }
        String key = record.key();
        int slash = key == null ? -1 : key.indexOf('/');
        if (slash < 1 || slash == key.length() - 1) {
            output.deadLetter(record, "BAD_KEY", "samples: expected a key of the form dataset/sampleId");
        } else if (!strays.sentHome(record, key.substring(0, slash), key.substring(slash + 1))) {
            atHome(record, key.substring(0, slash), key.substring(slash + 1));
        }
    }

    private void atHome(Record<String, SpecificRecord> record, String dataset, String sampleId) {
        if (record.value() == null) {
            removed(dataset, sampleId);
        } else {
            arrived(record, (Sample) record.value());
        }
    }

    /** A foreign tombstone is a removal without a receipt. */
    private void removed(String dataset, String sampleId) {
        StoredSample row = rows.get(dataset, sampleId);
        if (row != null) {
            rows.delete(dataset, sampleId, row);
            output.changed(dataset, sampleId, row, null);
            output.flush();
        }
    }

    private void arrived(Record<String, SpecificRecord> record, Sample sample) {
        var refusal = SampleRules.check(record.key(), sample);
        if (refusal.isPresent()) {
            output.deadLetter(record, refusal.get().code(), refusal.get().reason());
            return;
        }
        String dataset = sample.getDataset();
        String id = sample.getSampleId();
        if (rows.staysOut(dataset, id, sample.getSubjectId(), record.timestamp())) {
            output.writeBack(dataset, id, null);
            return;
        }
        StoredSample before = rows.get(dataset, id);
        if (before != null && before.getRecordTime() > record.timestamp() && output.wasSentHome(record)) {
            // It went a longer way than what is here.
            output.writeBack(dataset, id, before);
            return;
        }
        var after = new StoredSample(
                sample.getSubjectId(), sample.getFeatures(), sample.getLabel(), sample.getWeight(), record.timestamp());
        rows.put(dataset, id, before, after);
        if (!ShardStores.sameContent(before, after)) {
            output.changed(dataset, id, before, after);
            output.flush();
        }
    }
}
