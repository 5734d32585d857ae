package dev.lethe.streams.topology;

import dev.lethe.schemas.Change;
import dev.lethe.schemas.Changes;
import dev.lethe.schemas.ComputedScores;
import dev.lethe.schemas.Cut;
import dev.lethe.schemas.InfluenceQuestion;
import dev.lethe.schemas.ModelAnchor;
import dev.lethe.schemas.ModelProgress;
import dev.lethe.schemas.ModelSpec;
import dev.lethe.schemas.ModelVersion;
import dev.lethe.schemas.PromoteVersion;
import dev.lethe.schemas.RefreshFactor;
import dev.lethe.schemas.RefreshScores;
import dev.lethe.schemas.RequestTally;
import dev.lethe.schemas.RowData;
import dev.lethe.schemas.ShardScored;
import dev.lethe.schemas.ShardStatistics;
import dev.lethe.streams.config.NetworkSpecs;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Opens models and hands each its records. */
final class ModelProcessor implements Processor<String, SpecificRecord, String, Addressed> {
    private static final Logger LOG = LoggerFactory.getLogger(ModelProcessor.class);
    private static final Duration TICK = Duration.ofMillis(5);
    private final TopologySettings settings;
    private final Map<String, LiveModel> models = new HashMap<>();
    private ProcessorContext<String, Addressed> context;
    private ModelOutput output;
    private Outbox outbox;
    private Worker worker;
    private KeyValueStore<String, ModelAnchor> anchors;
    private KeyValueStore<String, ModelProgress> progresses;
    private KeyValueStore<String, SpecificRecord> tails;
    private KeyValueStore<String, RequestTally> tallies;
    private KeyValueStore<String, RowData> validationRows;
    private KeyValueStore<String, ModelVersion> champions;
    private Alarm alarm;
    private boolean resumed;

    ModelProcessor(TopologySettings settings) {
        this.settings = settings;
    }

    @Override
    public void init(ProcessorContext<String, Addressed> context) {
        this.context = context;
        outbox = new Outbox(settings.weights(), "lethe-weights-" + context.taskId());
        output = new ModelOutput(context, settings.metrics(), outbox);
        anchors = context.getStateStore(Nodes.ANCHORS);
        progresses = context.getStateStore(Nodes.PROGRESS);
        tails = context.getStateStore(Nodes.TAIL);
        tallies = context.getStateStore(Nodes.TALLIES);
        validationRows = context.getStateStore(Nodes.VALIDATION);
        champions = context.getStateStore(Nodes.CHAMPIONS);
        worker = new Worker("lethe-model-" + context.taskId());
        // A task that is revived after a failure keeps its processor.
        models.clear();
        resumed = false;
        context.<CommitHook>getStateStore(Nodes.MODEL_COMMIT).install(context, this::commit);
        alarm = new Alarm(context, this::tick);
        alarm.within(TICK);
    }

    private void tick() {
        resumeOnce();
        worker.drain();
        outbox.drain();
        models.values().forEach(LiveModel::tick);
        Transaction.current().endIfProduced(context);
    }

    /** The end of a transaction. */
    private void commit() {
        models.values().forEach(LiveModel::commit);
        output.send();
        setAlarm();
        Transaction.current().ended();
    }

    /** For the first moment at which there is something to do without a record. */
    private void setAlarm() {
        if (worker.busy() || outbox.busy()) {
            alarm.within(TICK);
        }
        models.values().forEach(model -> alarm.within(model.nextTick()));
    }

    /** Not in init, where nothing may be forwarded yet. */
    private void resumeOnce() {
        if (resumed) {
            return;
        }
        resumed = true;
        List<ModelAnchor> stored = new ArrayList<>();
        try (var all = anchors.all()) {
            all.forEachRemaining(entry -> stored.add(entry.value));
        }
        stored.forEach(anchor -> run(ModelState.load(anchors, progresses, anchor)));
    }

    private void run(ModelState state) {
        String id = state.spec().getModelId();
        var progress = state.progress();
        var tail = new Tail(
                tails, id, ModelRules.mapper(state.spec()), progress.getTailApplied(), progress.getTailApplied());
        var owed = new RequestTallies(tallies, id, settings.shards());
        var validation = new Validation(state, validationRows, settings.shards());
        var champion = new Champion(state, champions, validation, output);
        LiveModel runtime = NetworkSpecs.isNetwork(state.spec())
                ? new NetworkRuntime(state, tail, owed, champion, output, settings)
                : new ModelRuntime(state, tail, owed, validation, champion, output, worker, settings);
        models.put(id, runtime);
        runtime.begin();
    }

    @Override
    public void process(Record<String, SpecificRecord> record) {
        take(record);
        Transaction.current().worked(context);
    }

    private void take(Record<String, SpecificRecord> record) {
        resumeOnce();
        SpecificRecord message = record.value();
        if (message instanceof ModelSpec spec) {
            open(record, spec);
        } else if (message instanceof Change change) {
            of(change.getModelId(), runtime -> runtime.change(change));
        } else if (message instanceof Changes several) {
            of(
                    several.getChanges().get(0).getModelId(),
                    runtime -> several.getChanges().forEach(runtime::change));
        } else if (message instanceof Cut cut) {
            of(cut.getModelId(), runtime -> runtime.cut(cut));
        } else if (message instanceof ShardStatistics statistics) {
            of(statistics.getModelId(), runtime -> runtime.statistics(statistics));
        } else if (message instanceof PromoteVersion command && isHere(command)) {
            models.get(command.getVersion().getModelId()).promote(command);
        } else if (message instanceof RefreshFactor asked && models.containsKey(asked.getModelId())) {
            models.get(asked.getModelId()).refreshFactor();
        } else if (message instanceof ShardScored scored) {
            of(scored.getModelId(), runtime -> runtime.scores().scored(scored));
        } else if (message instanceof RefreshScores asked && models.containsKey(asked.getModelId())) {
            models.get(asked.getModelId()).scores().ask(asked);
        } else if (message instanceof ComputedScores computed && models.containsKey(computed.getModelId())) {
            output.toShards(computed.getModelId(), computed);
            models.get(computed.getModelId()).scores().added();
        } else if (message instanceof InfluenceQuestion asked && models.containsKey(asked.getModelId())) {
            models.get(asked.getModelId()).ask(asked);
        }
    }

    private boolean isHere(PromoteVersion command) {
        return models.containsKey(command.getVersion().getModelId());
    }

    private void of(String modelId, java.util.function.Consumer<LiveModel> action) {
        LiveModel runtime = models.get(modelId);
        if (runtime == null) {
            LOG.atWarn().addKeyValue("model", modelId).log("answer for a model that is not here");
        } else {
            action.accept(runtime);
        }
    }

    private void open(Record<String, SpecificRecord> record, ModelSpec spec) {
        if (!spec.getModelId().equals(record.key())) {
            output.deadLetter(record, "BAD_KEY", "models: expected the model's id as the record's key");
            return;
        }
        var known = anchors.get(spec.getModelId());
        if (known != null) {
            if (!known.getSpec().equals(spec)) {
                output.deadLetter(
                        record,
                        "MODEL_EXISTS",
                        "model " + spec.getModelId() + " exists with another definition, which cannot be changed:"
                                + " put the new one under a new id");
            }
            return;
        }
        var refusal = ModelRules.check(spec);
        if (refusal.isPresent()) {
            output.deadLetter(record, "BAD_MODEL", refusal.get());
            return;
        }
        LOG.atInfo().addKeyValue("model", spec.getModelId()).log("opened");
        ModelState state = ModelState.create(anchors, progresses, spec);
        output.opened(spec, state.subjectSalt());
        PrivacyAccount privacy = PrivacyAccount.of(state);
        if (privacy != null) {
            privacy.renew();
        }
        run(state);
    }

    @Override
    public void close() {
        if (worker != null) {
            worker.close();
            outbox.close();
        }
        models.values().forEach(LiveModel::close);
    }
}
