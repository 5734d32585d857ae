package dev.lethe.streams.topology;

import dev.lethe.schemas.Cut;
import dev.lethe.schemas.InfluencePart;
import dev.lethe.schemas.InfluencePass;
import dev.lethe.schemas.InfluenceQuestion;
import dev.lethe.schemas.RefreshScores;
import dev.lethe.schemas.ShardScored;
import dev.lethe.schemas.ShardStatistics;
import dev.lethe.streams.topology.ProductSolver.Task;
import dev.lethe.unlearn.correction.Anchor;
import dev.lethe.unlearn.correction.FactorSnapshot;
import dev.lethe.unlearn.influence.InfluenceMethods;
import dev.lethe.unlearn.influence.InfluenceSweep;
import dev.lethe.unlearn.influence.InfluenceSweep.Form;
import dev.lethe.unlearn.objective.Objective;
import dev.lethe.unlearn.objective.Row;
import dev.lethe.unlearn.objective.RowMapper;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import org.apache.avro.specific.SpecificRecord;

/**
 * What is asked of one model about single samples, answered by passes at its published parameters while it is at rest. All
 * on the stream thread but the solving. Nothing here survives a restart: whoever asked asks again.
 */
final class Inquiries implements AutoCloseable {
    private static final int MAX_WAITING = 64;
    /** A question that finds no moment of rest is given back. */
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    /** Pieces of a factor sent in one tick: what Kafka's producer takes without waiting. */
    private static final int PIECES_AT_ONCE = 4;

    private record Waiting(InfluenceQuestion question, List<Row> tests, long since) {
        boolean byPasses() {
            InfluenceMethods method = InfluenceMethods.of(question.getMethod());
            return method.byProducts() && method != InfluenceMethods.GRADIENT_DOT;
        }
    }

    private final ModelState state;
    private final Objective objective;
    private final LiveAnchor anchor;
    private final ModelOutput output;
    private final Worker worker;
    private final InquiryRules rules;
    private final ScoreKeeping scores;
    private final ProductSolver solver;
    private final Deque<Waiting> waiting = new ArrayDeque<>();
    /** On their way to the shards, in order: a factor's pieces come ahead of their pass. */
    private final Deque<SpecificRecord> outgoing = new ArrayDeque<>();

    Inquiries(
            ModelState state,
            LiveAnchor anchor,
            RowMapper mapper,
            ModelOutput output,
            Worker worker,
            TopologySettings settings) {
        this.state = state;
        this.objective = anchor.objective();
        this.anchor = anchor;
        this.output = output;
        this.worker = worker;
        this.rules = new InquiryRules(mapper);
        this.scores = new ScoreKeeping(state, output, settings);
        this.solver = new ProductSolver(state, objective, output, settings);
    }

    void ask(InfluenceQuestion question) {
        List<Row> tests = new ArrayList<>();
        Optional<InquiryRules.Refusal> refusal = rules.check(question, tests);
        if (refusal.isPresent()) {
            refuse(question, refusal.get().code(), refusal.get().reason());
        } else if (waiting.size() == MAX_WAITING) {
            refuse(question, "BUSY", MAX_WAITING + " questions wait already: ask again later");
        } else {
            waiting.add(new Waiting(question, tests, output.now()));
        }
    }

    void refresh(RefreshScores asked) {
        scores.ask(asked);
    }

    void scored(ShardScored message) {
        scores.scored(message);
    }

    /** Whether there is something to do soon. */
    boolean waiting() {
        return !waiting.isEmpty() || !outgoing.isEmpty() || scores.waiting() || solver.busy();
    }

    void cut(Cut cut) {
        solver.cut(cut);
    }

    void statistics(ShardStatistics statistics) {
        solver.statistics(statistics);
    }

    /**
     * A slice of the work.
     *
     * @param atRest whether the anchor is what was last published
     * @param idle whether the model needs no pass itself
     */
    void tick(boolean atRest, boolean idle) {
        for (int i = 0; i < PIECES_AT_ONCE && !outgoing.isEmpty(); i++) {
            output.toShards(state.spec().getModelId(), outgoing.poll());
        }
        scores.tick();
        solver.tick(atRest && idle);
        if (atRest && outgoing.isEmpty()) {
            Optional<Waiting> next = next(idle);
            if (next.isPresent()) {
                waiting.remove(next.get());
                answer(next.get());
            } else if (scores.due()) {
                score();
            }
        }
        giveBack(atRest);
    }

    /** The first that can be answered now. */
    private Optional<Waiting> next(boolean idle) {
        return waiting.stream()
                .filter(each -> !each.byPasses() || idle && !solver.busy())
                .findFirst();
    }

    private void giveBack(boolean atRest) {
        while (!waiting.isEmpty() && output.now() - waiting.peek().since > PATIENCE.toMillis()) {
            String failure = state.progress().getFailure();
            String reason = failure == null
                    ? "the model was not at rest for " + PATIENCE.toSeconds()
                            + " s, it is being fitted, settled or changed all the time: ask again later"
                    : "the model cannot follow its data: " + failure;
            if (atRest && solver.busy()) {
                refuse(
                        waiting.poll().question,
                        "BUSY",
                        "another question is being answered by passes: ask again later");
            } else {
                refuse(waiting.poll().question, "NOT_AT_REST", reason);
            }
        }
    }

    private double[] published() {
        Anchor now = anchor.get();
        return now.hasFactor() ? now.correct().theta() : now.theta();
    }

    private double[] packed() {
        return anchor.get()
                .snapshot()
                .map(FactorSnapshot::factor)
                .map(f -> f.inverse())
                .orElse(null);
    }

    private void score() {
        double[] factor = packed();
        var pass = scores.begin(Doubles.toBuffer(published()), factor != null);
        enqueue(pass.getPassId(), factor, pass);
    }

    private void answer(Waiting next) {
        InfluenceQuestion question = next.question;
        if (next.byPasses()) {
            solve(next);
            return;
        }
        boolean direct = question.getMethod().equals(InquiryRules.DIRECT);
        double[] factor = direct ? packed() : null;
        if (direct && factor == null) {
            refuse(question, "NO_FACTOR", InquiryRules.NO_FACTOR);
            return;
        }
        double[] theta = published();
        long version = state.progress().getVersion();
        worker.submit(() -> {
            double[] directions = InfluenceSweep.directions(objective, theta, factor, next.tests);
            return () -> send(question, theta, version, factor, directions);
        });
    }

    private void solve(Waiting next) {
        InfluenceQuestion question = next.question;
        double[] theta = published();
        long version = state.progress().getVersion();
        var method = InfluenceMethods.of(question.getMethod());
        solver.solve(new Task(method, version, theta, packed(), next.tests), new ProductSolver.Listener() {
            @Override
            public void solved(double[] directions) {
                send(question, theta, version, null, directions);
            }

            @Override
            public void disturbed() {
                waiting.addFirst(next);
            }

            @Override
            public void failed(String code, String reason) {
                refuse(question, code, reason);
            }
        });
    }

    private void send(InfluenceQuestion question, double[] theta, long version, double[] factor, double[] each) {
        // Influences are linear in the direction: that of a sum of losses is the sum.
        double[] directions = question.getTogether()
                ? InfluenceSweep.sum(each, question.getTests().size())
                : each;
        boolean needed = Form.of(question.getForm()).needsInverse();
        var pass = InfluencePass.newBuilder()
                .setModelId(question.getModelId())
                .setPassId(question.getQuestionId())
                .setVersion(version)
                .setTheta(Doubles.toBuffer(theta))
                .setFactor(needed)
                .setForm(question.getForm())
                .setDirections(Doubles.toBuffer(directions))
                .setTests(question.getTogether() ? 1 : question.getTests().size())
                .setTop(question.getTop())
                .setGroup(question.getGroup())
                .build();
        enqueue(question.getQuestionId(), needed ? factor : null, pass);
    }

    private void enqueue(String passId, double[] factor, SpecificRecord pass) {
        if (factor != null) {
            outgoing.addAll(FactorPieces.split(state.spec().getModelId(), passId, factor));
        }
        outgoing.add(pass);
    }

    private void refuse(InfluenceQuestion question, String code, String reason) {
        refuse(output, question, state.progress().getVersion(), code, reason);
    }

    /** Answers that there is no answer. @param version newest one; 0: none */
    static void refuse(ModelOutput output, InfluenceQuestion question, long version, String code, String reason) {
        output.insight(
                question.getQuestionId(),
                InfluencePart.newBuilder()
                        .setModelId(question.getModelId())
                        .setQuestionId(question.getQuestionId())
                        .setShard(-1)
                        .setShards(0)
                        .setVersion(version)
                        .setRows(0)
                        .setGroupRows(0)
                        .setTests(List.of())
                        .setFailureCode(code)
                        .setFailure(reason)
                        .build());
    }

    @Override
    public void close() {
        solver.close();
    }
}
