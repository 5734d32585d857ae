package dev.lethe.streams.topology;

import dev.lethe.schemas.InfluencePart;
import dev.lethe.schemas.InfluencePass;
import dev.lethe.schemas.InfluenceQuestion;
import dev.lethe.streams.topology.ProductSolver.Task;
import dev.lethe.unlearn.influence.InfluenceMethods;
import dev.lethe.unlearn.influence.InfluenceSweep;
import dev.lethe.unlearn.influence.InfluenceSweep.Form;
import dev.lethe.unlearn.objective.Objective;
import dev.lethe.unlearn.objective.Row;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.apache.avro.specific.SpecificRecord;

/**
 * Questions about influence that wait for their model to be at rest, and the way of each to the pass that answers it: first,
 * where the group's curvature is to be taken out, the directions without the group, then those of the single samples.
 */
final class InfluenceQuestions {
    private static final int MAX_WAITING = 64;
    /** A question that finds no moment of rest is given back. */
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    /** Takes a pass on its way to the shards. */
    interface Outgoing {
        /** @param factor P, packed, to be sent ahead, or null */
        void send(String passId, double[] factor, SpecificRecord pass);
    }

    private record Waiting(InfluenceQuestion question, List<Row> tests, long since) {
        InfluenceMethods method() {
            return InfluenceMethods.of(question.getMethod());
        }

        boolean direct() {
            return method() == InfluenceMethods.DIRECT;
        }

        boolean byPasses() {
            boolean products = method().byProducts() && method() != InfluenceMethods.GRADIENT_DOT;
            return products || question.getGroupCurvature();
        }
    }

    /** A question with what it is asked at. */
    private record Asked(Waiting waiting, long version, double[] theta, double[] factor) {
        InfluenceQuestion question() {
            return waiting.question;
        }

        /** @param except samples whose curvature is left out */
        Task task(InfluenceMethods method, List<String> except) {
            return new Task(method, version, theta, factor, waiting.tests, except);
        }
    }

    private final ModelState state;
    private final Objective objective;
    private final LiveAnchor anchor;
    private final InquiryRules rules;
    private final ModelOutput output;
    private final Worker worker;
    private final ProductSolver solver;
    private final Outgoing outgoing;
    private final Deque<Waiting> waiting = new ArrayDeque<>();

    InfluenceQuestions(
            ModelState state,
            LiveAnchor anchor,
            InquiryRules rules,
            ModelOutput output,
            Worker worker,
            ProductSolver solver,
            Outgoing outgoing) {
        this.state = state;
        this.objective = anchor.objective();
        this.anchor = anchor;
        this.rules = rules;
        this.output = output;
        this.worker = worker;
        this.solver = solver;
        this.outgoing = outgoing;
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

    boolean waiting() {
        return !waiting.isEmpty();
    }

    /** Begins with the first that can be answered now; false if there is none. @param idle whether there may be passes */
    boolean answerOne(boolean idle) {
        Optional<Waiting> next = waiting.stream()
                .filter(each -> !each.byPasses() || idle && !solver.busy())
                .findFirst();
        next.ifPresent(found -> {
            waiting.remove(found);
            answer(found);
        });
        return next.isPresent();
    }

    /** Gives back what waits for too long. */
    void giveBack(boolean atRest) {
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

    private void answer(Waiting next) {
        // Products make use of the inverse as well, where it is there.
        double[] factor = next.direct() || next.byPasses() ? anchor.inverseOrNull() : null;
        if (next.direct() && factor == null) {
            refuse(next.question, "NO_FACTOR", InquiryRules.NO_FACTOR);
            return;
        }
        var asked = new Asked(next, state.progress().getVersion(), anchor.published(), factor);
        if (next.question.getGroupCurvature()) {
            var method = next.direct() ? InfluenceMethods.CG : next.method();
            solve(asked, asked.task(method, next.question.getGroup()), group -> answerEach(asked, group));
        } else {
            answerEach(asked, null);
        }
    }

    /** @param group directions without the group, K·d × tests, or null */
    private void answerEach(Asked asked, double[] group) {
        Waiting waited = asked.waiting;
        if (waited.method().byProducts() && waited.method() != InfluenceMethods.GRADIENT_DOT) {
            solve(asked, asked.task(waited.method(), List.of()), each -> send(asked, each, group));
            return;
        }
        double[] inverse = waited.direct() ? asked.factor : null;
        worker.submit(() -> {
            double[] each = InfluenceSweep.directions(objective, asked.theta, inverse, waited.tests);
            return () -> send(asked, each, group);
        });
    }

    private void solve(Asked asked, Task task, Consumer<double[]> solved) {
        solver.solve(task, new ProductSolver.Listener() {
            @Override
            public void solved(double[] directions) {
                solved.accept(directions);
            }

            @Override
            public void disturbed() {
                waiting.addFirst(asked.waiting);
            }

            @Override
            public void failed(String code, String reason) {
                refuse(asked.question(), code, reason);
            }
        });
    }

    private void send(Asked asked, double[] each, double[] group) {
        InfluenceQuestion question = asked.question();
        boolean needed = Form.of(question.getForm()).needsInverse();
        double[] together = group == null ? null : directions(question, group);
        var pass = InfluencePass.newBuilder()
                .setModelId(question.getModelId())
                .setPassId(question.getQuestionId())
                .setVersion(asked.version)
                .setTheta(Doubles.toBuffer(asked.theta))
                .setFactor(needed)
                .setForm(question.getForm())
                .setDirections(Doubles.toBuffer(directions(question, each)))
                .setTests(question.getTogether() ? 1 : question.getTests().size())
                .setTop(question.getTop())
                .setGroup(question.getGroup())
                .setGroupDirections(together == null ? null : Doubles.toBuffer(together))
                .build();
        outgoing.send(question.getQuestionId(), needed ? asked.factor : null, pass);
    }

    /** Influences are linear in the direction: that of a sum of losses is the sum. */
    private static double[] directions(InfluenceQuestion question, double[] each) {
        return question.getTogether()
                ? InfluenceSweep.sum(each, question.getTests().size())
                : each;
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
}
