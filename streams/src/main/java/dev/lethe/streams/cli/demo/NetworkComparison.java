package dev.lethe.streams.cli.demo;

import dev.lethe.schemas.ModelSpec;
import dev.lethe.streams.config.NetworkSpecs;
import dev.lethe.streams.config.Specs;
import dev.lethe.unlearn.network.Evidence;
import dev.lethe.unlearn.network.KeyedRow;
import dev.lethe.unlearn.network.Network;
import dev.lethe.unlearn.network.RowKeys;
import dev.lethe.unlearn.network.Trainer;
import dev.lethe.unlearn.network.TrainingListener;
import dev.lethe.unlearn.network.TrainingSet;
import dev.lethe.unlearn.objective.Mapping;
import dev.lethe.unlearn.objective.Row;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** Of a network: what it predicts against what the retrained ones do, and what it still knows of the deleted rows. */
final class NetworkComparison implements Comparison {
    private static final List<String> HEADER = List.of(
            "model",
            "test accuracy",
            "apart from retrained",
            "loss of deleted rows",
            "test loss",
            "membership AUC",
            "time per request",
            "time to retrain");

    private static final List<String> NOTES = List.of(
            "Apart from retrained: mean total variation (0 to 1) between its predictions on the test digits and those of a",
            "  network trained from the same seed on exactly the rows that should be left, with their labels of that moment.",
            "Loss of deleted rows: of those who leave; a network that never saw them has about the test loss. Membership AUC:",
            "  how well a loss threshold tells them from the test digits: 0.5 cannot.",
            "Time per request: wall-clock from sending a request to its receipt, median. Time to retrain: in memory, once.",
            "A network's version is never certified: where its evidence, or all patches together, cross a limit of the model,",
            "  it is fitted again from its samples (REFIT), and so it is by settling: from the same seed, to the same bits.");

    private final ModelSpec spec;
    private final DemoData data;
    private final List<Row> test;
    private final List<Row> left;

    NetworkComparison(ModelSpec spec, DemoData data) {
        this.spec = spec;
        this.data = data;
        this.test = rows(data.test());
        Set<String> leaving = Set.copyOf(data.leaving());
        RowKeys keys = NetworkSpecs.keys(spec);
        this.left = rows(data.repaired().stream()
                .filter(s -> leaving.contains(s.subject()) && !keys.heldOut(keys.of(s.id())))
                .toList());
    }

    private record Retrained(Network network, Duration time) {}

    @Override
    public String settling() {
        return "A refit from the remaining samples, off the stream thread.";
    }

    @Override
    public List<String> of(Stage trained, Stage repaired, Stage deleted, Stage settled) {
        Retrained onRemaining = retrain(data.remaining());
        List<List<String>> rows = List.of(
                row(trained, retrain(data.training())),
                row(repaired, retrain(data.repaired())),
                row(deleted, onRemaining),
                row(settled, onRemaining),
                row(new Stage("retrained from scratch", onRemaining.network.theta(), Optional.empty()), onRemaining));
        List<String> lines = new ArrayList<>(ResultTable.aligned(HEADER, rows));
        lines.add("");
        lines.addAll(NOTES);
        return lines;
    }

    private List<String> row(Stage stage, Retrained retrained) {
        Network network = NetworkSpecs.network(spec, stage.theta());
        Evidence evidence = Evidence.of(retrained.network, network, left, List.of(), test);
        return List.of(
                stage.name(),
                String.format(Locale.ROOT, "%.2f %%", 100 * evidence.validationAccuracy()),
                String.format(Locale.ROOT, "%.4f", evidence.predictionChange()),
                String.format(Locale.ROOT, "%.3f", evidence.forgetLoss()),
                String.format(Locale.ROOT, "%.3f", evidence.validationLoss()),
                String.format(Locale.ROOT, "%.3f", evidence.membershipAuc()),
                stage.perRequest().map(ResultTable::millis).orElse("-"),
                ResultTable.millis(retrained.time));
    }

    /** As the service does it: the rows in the order of their keys, without those held out. */
    private Retrained retrain(List<DemoSample> samples) {
        RowKeys keys = NetworkSpecs.keys(spec);
        TrainingSet set = new TrainingSet(keys, Long.MAX_VALUE);
        samples.forEach(s -> set.add(new KeyedRow(keys.of(s.id()), row(s))));
        set.sort();
        long start = System.nanoTime();
        Network network = new Trainer(
                        NetworkSpecs.architecture(spec),
                        NetworkSpecs.loss(spec),
                        NetworkSpecs.plan(spec),
                        set.rows(),
                        new BitSet())
                .train(TrainingListener.NONE);
        return new Retrained(network, Duration.ofNanos(System.nanoTime() - start));
    }

    private List<Row> rows(List<DemoSample> samples) {
        return samples.stream().map(this::row).toList();
    }

    private Row row(DemoSample sample) {
        Mapping mapping = Specs.mapper(spec).map(sample.features(), sample.label(), 1);
        if (mapping instanceof Mapping.Fits fits) {
            return fits.row();
        }
        throw new IllegalStateException("sample " + sample.id() + " does not fit the demo's own model: " + mapping);
    }
}
