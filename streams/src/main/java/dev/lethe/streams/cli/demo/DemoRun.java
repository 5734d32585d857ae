package dev.lethe.streams.cli.demo;

import dev.lethe.schemas.DeleteRequest;
import dev.lethe.schemas.ModelSpec;
import dev.lethe.schemas.ModelVersion;
import dev.lethe.schemas.RelabelRequest;
import dev.lethe.schemas.Relabelling;
import dev.lethe.schemas.SettleRequest;
import dev.lethe.schemas.SettleUntil;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.IntStream;
import org.apache.avro.specific.SpecificRecord;

/** The story of the demo: train, repair the labels, delete subjects, settle, compare with retrained models. */
final class DemoRun {
    private final DemoRiver river;
    private final DemoOutput out;
    private final DemoData data;
    private final ModelSpec model = Digits.model();
    private final DemoMaths maths = new DemoMaths(model);

    DemoRun(DemoRiver river, DemoOutput out, DemoData data) {
        this.river = river;
        this.out = out;
        this.data = data;
    }

    /** A version to be compared with a retrained model. */
    private record Stage(String name, long version, Optional<Duration> perRequest) {}

    /** Runs it all and prints it; the rows of the final table. */
    List<ResultRow> run() {
        ModelVersion trained = train();
        Phase repaired = repair(trained.getVersion());
        Phase deleted = delete(repaired.last().version());
        Answered settled = settle();
        List<ResultRow> rows = compare(
                new Stage(stageName("as trained", trained.getVersion()), trained.getVersion(), Optional.empty()),
                stage("labels repaired", repaired),
                stage(data.leaving().size() + " subjects deleted", deleted),
                new Stage(stageName("settled", settled.version()), settled.version(), Optional.of(settled.time())));
        report(rows);
        return rows;
    }

    private ModelVersion train() {
        out.blank();
        out.line(
                "1. Train. %d digits of %d subjects, %d of them with a wrong label; %d more are held out for testing.",
                data.training().size(),
                data.training().stream().map(DemoSample::subject).distinct().count(),
                data.mislabelled().size(),
                data.test().size());
        long start = System.nanoTime();
        river.load(data.training());
        long loaded = System.nanoTime();
        out.line("  samples are in after %s", DemoOutput.seconds(Duration.ofNanos(loaded - start)));
        ModelVersion first = river.train(model);
        out.line(
                "  model %s -> version %d %s after %s",
                model.getModelId(),
                first.getVersion(),
                first.getKind(),
                DemoOutput.seconds(Duration.ofNanos(System.nanoTime() - loaded)));
        return first;
    }

    private Phase repair(long versionBefore) {
        List<DemoSample> wrong = data.mislabelled();
        out.blank();
        out.line("2. Repair. %d relabel requests, one sample each.", wrong.size());
        List<RelabelRequest> requests = IntStream.range(0, wrong.size())
                .mapToObj(i -> relabel(i + 1, wrong.get(i)))
                .toList();
        return streamed("repairing", requests, versionBefore);
    }

    private Phase delete(long versionBefore) {
        out.blank();
        out.line(
                "3. Delete. %d deletion requests, one subject each.",
                data.leaving().size());
        List<DeleteRequest> requests = IntStream.range(0, data.leaving().size())
                .mapToObj(i -> deletion(i + 1, data.leaving().get(i)))
                .toList();
        return streamed("deleting", requests, versionBefore);
    }

    private Phase streamed(String task, List<? extends SpecificRecord> requests, long versionBefore) {
        Phase phase = river.stream(task, requests, versionBefore);
        phase.summary().forEach(out::line);
        return phase;
    }

    private static RelabelRequest relabel(int number, DemoSample sample) {
        return RelabelRequest.newBuilder()
                .setRequestId(String.format(Locale.ROOT, "repair-%02d", number))
                .setDataset(Digits.DATASET)
                .setSamples(List.of(new Relabelling(sample.id(), sample.trueLabel())))
                .build();
    }

    private static DeleteRequest deletion(int number, String subject) {
        return DeleteRequest.newBuilder()
                .setRequestId(String.format(Locale.ROOT, "delete-%02d", number))
                .setDataset(Digits.DATASET)
                .setSubjects(List.of(subject))
                .build();
    }

    private Answered settle() {
        out.blank();
        out.line("4. Settle. Passes over the remaining samples until the measured residual is below tolerance.");
        Answered settled = river.ask(SettleRequest.newBuilder()
                .setRequestId("settle-01")
                .setDataset(Digits.DATASET)
                .setUntil(SettleUntil.SETTLED)
                .build());
        out.line("  %s", settled.line());
        return settled;
    }

    private static Stage stage(String name, Phase phase) {
        return new Stage(stageName(name, phase.last().version()), phase.last().version(), Optional.of(phase.median()));
    }

    private static String stageName(String name, long version) {
        return name + " (version " + version + ")";
    }

    private List<ResultRow> compare(Stage trained, Stage repaired, Stage deleted, Stage settled) {
        out.blank();
        out.line(
                "5. Compare. Three models are retrained from scratch, on exactly the data that should be left each time.");
        DemoMaths.Retrained onAll = maths.retrain(data.training());
        DemoMaths.Retrained onRepaired = maths.retrain(data.repaired());
        DemoMaths.Retrained onRemaining = maths.retrain(data.remaining());
        ResultRow reference = new ResultRow(
                "retrained from scratch",
                maths.accuracy(onRemaining.theta(), data.test()),
                Optional.empty(),
                DemoMaths.norm(onRemaining.theta()),
                Optional.empty(),
                onRemaining.time());
        return List.of(
                row(trained, onAll),
                row(repaired, onRepaired),
                row(deleted, onRemaining),
                row(settled, onRemaining),
                reference);
    }

    private ResultRow row(Stage stage, DemoMaths.Retrained retrained) {
        double[] theta = river.theta(stage.version());
        return new ResultRow(
                stage.name(),
                maths.accuracy(theta, data.test()),
                Optional.of(DemoMaths.distance(theta, retrained.theta())),
                DemoMaths.norm(retrained.theta()),
                stage.perRequest(),
                retrained.time());
    }

    private void report(List<ResultRow> rows) {
        out.blank();
        ResultTable.render(rows).forEach(out::line);
        out.blank();
        ResultTable.notes().forEach(out::line);
    }
}
