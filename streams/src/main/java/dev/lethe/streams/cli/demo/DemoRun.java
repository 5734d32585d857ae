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
    private final ModelSpec model;
    private final Comparison comparison;

    DemoRun(DemoRiver river, DemoOutput out, DemoData data, ModelSpec model, Comparison comparison) {
        this.river = river;
        this.out = out;
        this.data = data;
        this.model = model;
        this.comparison = comparison;
    }

    /** Runs it all and prints it. */
    void run() {
        ModelVersion trained = train();
        Phase repaired = repair(trained.getVersion());
        Phase deleted = delete(repaired.last().version());
        Answered settled = settle();
        out.blank();
        out.line(
                "5. Compare. Three models are retrained from scratch, on exactly the data that should be left each time.");
        List<String> lines = comparison.of(
                new Stage(stageName("as trained", trained.getVersion()), theta(trained.getVersion()), Optional.empty()),
                stage("labels repaired", repaired),
                stage(data.leaving().size() + " subjects deleted", deleted),
                new Stage(
                        stageName("settled", settled.version()),
                        theta(settled.version()),
                        Optional.of(settled.time())));
        out.blank();
        lines.forEach(out::line);
    }

    private double[] theta(long version) {
        return river.theta(version);
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
        ModelVersion first = river.train();
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

    private RelabelRequest relabel(int number, DemoSample sample) {
        return RelabelRequest.newBuilder()
                .setRequestId(String.format(Locale.ROOT, "repair-%02d", number))
                .setDataset(model.getDataset())
                .setSamples(List.of(new Relabelling(sample.id(), sample.trueLabel())))
                .build();
    }

    private DeleteRequest deletion(int number, String subject) {
        return DeleteRequest.newBuilder()
                .setRequestId(String.format(Locale.ROOT, "delete-%02d", number))
                .setDataset(model.getDataset())
                .setSubjects(List.of(subject))
                .build();
    }

    private Answered settle() {
        out.blank();
        out.line("4. Settle. %s", comparison.settling());
        Answered settled = river.ask(SettleRequest.newBuilder()
                .setRequestId("settle-01")
                .setDataset(model.getDataset())
                .setUntil(SettleUntil.SETTLED)
                .build());
        out.line("  %s", settled.line());
        return settled;
    }

    private Stage stage(String name, Phase phase) {
        long version = phase.last().version();
        return new Stage(stageName(name, version), theta(version), Optional.of(phase.median()));
    }

    private static String stageName(String name, long version) {
        return name + " (version " + version + ")";
    }
}
