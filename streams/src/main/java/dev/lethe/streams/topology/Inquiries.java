package dev.lethe.streams.topology;

import dev.lethe.schemas.Cut;
import dev.lethe.schemas.InfluenceQuestion;
import dev.lethe.schemas.ShardStatistics;
import dev.lethe.unlearn.objective.RowMapper;
import java.util.ArrayDeque;
import java.util.Deque;
import org.apache.avro.specific.SpecificRecord;

/**
 * What is asked of one model about single samples, answered by passes at its published parameters while it is at rest. All
 * on the stream thread but the solving. Nothing here survives a restart: whoever asked asks again.
 */
final class Inquiries implements AutoCloseable {
    /** Pieces of a factor sent in one tick: what Kafka's producer takes without waiting. */
    private static final int PIECES_AT_ONCE = 4;

    private final ModelState state;
    private final LiveAnchor anchor;
    private final ModelOutput output;
    private final ScoreKeeping scores;
    private final ProductSolver solver;
    private final InfluenceQuestions questions;
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
        this.anchor = anchor;
        this.output = output;
        this.scores = new ScoreKeeping(state, output, settings);
        this.solver = new ProductSolver(state, anchor.objective(), output, settings);
        this.questions =
                new InfluenceQuestions(state, anchor, new InquiryRules(mapper), output, worker, solver, this::enqueue);
    }

    void ask(InfluenceQuestion question) {
        questions.ask(question);
    }

    ScoreKeeping scores() {
        return scores;
    }

    /** Whether there is something to do soon. */
    boolean waiting() {
        return questions.waiting() || !outgoing.isEmpty() || scores.waiting() || solver.busy();
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
        if (atRest && outgoing.isEmpty() && !questions.answerOne(idle) && scores.due()) {
            score();
        }
        questions.giveBack(atRest);
    }

    private void score() {
        double[] factor = anchor.inverseOrNull();
        var pass = scores.begin(Doubles.toBuffer(anchor.published()), factor != null);
        enqueue(pass.getPassId(), factor, pass);
    }

    /** @param factor P, packed, or null */
    private void enqueue(String passId, double[] factor, SpecificRecord pass) {
        if (factor != null) {
            outgoing.addAll(FactorPieces.split(state.spec().getModelId(), passId, factor));
        }
        outgoing.add(pass);
    }

    @Override
    public void close() {
        solver.close();
    }
}
