package dev.lethe.streams.topology;

import dev.lethe.schemas.InfluencePass;
import dev.lethe.schemas.InfluenceQuestion;
import dev.lethe.schemas.ModelSpec;
import dev.lethe.streams.config.NetworkSpecs;
import dev.lethe.streams.config.Specs;
import dev.lethe.unlearn.influence.NetworkSweep;
import dev.lethe.unlearn.network.Damping;
import dev.lethe.unlearn.network.Network;
import dev.lethe.unlearn.objective.Row;
import dev.lethe.unlearn.valuation.NetworkMethods;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/**
 * Questions about the influence of a network's samples: directions by the factored curvature of the kept rows, off the
 * stream thread, then one pass in which each shard multiplies its own rows' gradients by them. Nothing here survives a
 * restart: whoever asked asks again.
 */
final class NetworkInquiries implements AutoCloseable {
    private static final int MAX_WAITING = 64;
    /** A question that finds no moment of rest is given back. */
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private record Waiting(InfluenceQuestion question, List<Row> tests, long since) {}

    private final ModelState state;
    private final ModelSpec spec;
    private final LiveNetwork live;
    private final ModelOutput output;
    private final NetworkInquiryRules rules;
    private final Worker worker;
    private final Deque<Waiting> waiting = new ArrayDeque<>();

    NetworkInquiries(ModelState state, LiveNetwork live, ModelOutput output) {
        this.state = state;
        this.spec = state.spec();
        this.live = live;
        this.output = output;
        this.rules = new NetworkInquiryRules(
                Specs.mapper(spec), NetworkSpecs.architecture(spec).parameters());
        this.worker = new Worker("lethe-ask-" + spec.getModelId());
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

    /** Whether there is something to do soon. */
    boolean waiting() {
        return !waiting.isEmpty() || worker.busy();
    }

    /** A slice of the work. @param atRest whether the parameters are what was last published, and rows of it are kept */
    void tick(boolean atRest) {
        worker.drain();
        if (atRest && !worker.busy() && !waiting.isEmpty()) {
            answer(waiting.poll());
        }
        while (!waiting.isEmpty() && output.now() - waiting.peek().since > PATIENCE.toMillis()) {
            giveBack(waiting.poll().question, atRest);
        }
    }

    private void giveBack(InfluenceQuestion question, boolean atRest) {
        if (atRest) {
            refuse(question, "BUSY", "other questions are being answered: ask again later");
        } else {
            refuse(
                    question,
                    "NOT_AT_REST",
                    "the network was not at rest for " + PATIENCE.toSeconds()
                            + " s, it is being trained, patched or changed all the time: ask again later");
        }
    }

    private void answer(Waiting next) {
        Network network = live.network();
        List<Row> kept = live.kept().curvatureSample();
        long version = state.progress().getVersion();
        worker.submit(() -> {
            try {
                double[] directions = directions(network, kept, next);
                return () -> send(next.question, version, network, directions);
            } catch (RuntimeException | OutOfMemoryError e) {
                return () -> refuse(next.question, "PASS_FAILED", "directions: " + e);
            }
        });
    }

    /** The curvature of the kept rows, which stand for all, is factored anew for each question: they change with each patch. */
    private double[] directions(Network network, List<Row> kept, Waiting next) {
        NetworkMethods method = NetworkMethods.of(next.question.getMethod());
        long seed = spec.getNetwork().getSeed();
        try (var inverse = method.over(network, kept, Damping.DEFAULT, seed)) {
            return NetworkSweep.directions(network, inverse, next.tests, next.question.getTogether());
        }
    }

    private void send(InfluenceQuestion question, long version, Network network, double[] directions) {
        output.toShards(
                spec.getModelId(),
                InfluencePass.newBuilder()
                        .setModelId(question.getModelId())
                        .setPassId(question.getQuestionId())
                        .setVersion(version)
                        .setTheta(Doubles.toBuffer(network.theta()))
                        .setFactor(false)
                        .setForm(question.getForm())
                        .setDirections(Doubles.toBuffer(directions))
                        .setTests(
                                question.getTogether() ? 1 : question.getTests().size())
                        .setTop(question.getTop())
                        .setGroup(question.getGroup())
                        .build());
    }

    private void refuse(InfluenceQuestion question, String code, String reason) {
        InfluenceQuestions.refuse(output, question, state.progress().getVersion(), code, reason);
    }

    @Override
    public void close() {
        worker.close();
    }
}
