package dev.lethe.streams.cli.evaluate;

import dev.lethe.schemas.ModelSpec;
import dev.lethe.streams.LetheException;
import dev.lethe.streams.cli.Lethe;
import dev.lethe.streams.config.NetworkSpecs;
import dev.lethe.streams.config.Specs;
import dev.lethe.streams.publish.Software;
import dev.lethe.unlearn.network.Architecture;
import dev.lethe.unlearn.network.ExactReplay;
import dev.lethe.unlearn.network.TrainingCheckpoints;
import dev.lethe.unlearn.network.TrainingPlan;
import dev.lethe.unlearn.objective.Row;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Exact forgetting by checkpoints in training order. */
@Command(
        name = "exact-replay",
        description = {
            "Trains a network with checkpoints, and forgets samples by going on, without them, from the last checkpoint before"
                    + " one of them was first used. The result is, bit for bit, that of training without them under the"
                    + " same order. Exit code 3: --verify found a difference, and nothing was written.",
            "",
            "What it saves: the steps before that checkpoint, no more. Every sample is used in the first epoch, so it saves"
                    + " at most one epoch of a training of several; and a sample somewhere in a shuffled epoch saves half"
                    + " of that on average, several samples less. It pays for trainings of one epoch in the order of time"
                    + " (--order file, epochs: 1), where what is forgotten came late.",
            "",
            "Checkpoints hold traces of the samples. Of those in --checkpoints DIR, the ones that a forgotten sample had a"
                    + " part in are deleted before the replay, which leaves new ones: a later call goes on from there. It"
                    + " needs the same samples file, model and platform; delete DIR when the file loses a sample."
        },
        footer = {
            "",
            "Example:",
            "  lethe evaluate exact-replay --model net.yaml --samples log.csv --order file --checkpoints kept"
                    + " --forget s17,s42 --verify --out out"
        })
final class ExactReplayCommand implements Callable<Integer> {

    /** In which order each epoch visits the samples. */
    enum Order {
        SHUFFLED,
        FILE
    }

    private static final int VALUES_PER_PARAMETER = 3;

    @Mixin
    private DataOptions data;

    @Spec
    private CommandSpec command;

    @Option(names = "--forget", paramLabel = "ID", split = ",", description = "Ids of samples to forget.")
    private Set<String> ids = Set.of();

    @Option(names = "--subjects", paramLabel = "ID", split = ",", description = "Forget all samples of these subjects.")
    private Set<String> subjects = Set.of();

    @Option(
            names = "--order",
            paramLabel = "ORDER",
            defaultValue = "shuffled",
            description =
                    "shuffled: each epoch anew, by the model's seed and the sample ids, as the service trains; file:"
                            + " each epoch as the samples stand in the file (default: ${DEFAULT-VALUE}).")
    private Order order;

    @Option(
            names = "--every",
            paramLabel = "N",
            defaultValue = "100",
            description = "Steps between two checkpoints (default: ${DEFAULT-VALUE}).")
    private long every;

    @Option(
            names = "--checkpoints",
            paramLabel = "DIR",
            description =
                    "Folder of the checkpoints, 24 bytes for each parameter (default: kept in memory, for this call).")
    private Path checkpoints;

    @Option(names = "--verify", description = "Also train without the samples from the start, and compare.")
    private boolean verify;

    @Option(
            names = "--out",
            paramLabel = "DIR",
            description = "Folder for the weights as safetensors, their manifest, and the table as CSV.")
    private Path out;

    @Override
    public Integer call() {
        if (every < 1) {
            throw new LetheException("--every: expected at least 1, got " + every);
        }
        DataOptions.Data read = data.read(new DataOptions.Tests(i -> true, true));
        if (!NetworkSpecs.isNetwork(read.spec())) {
            throw new LetheException(
                    "model " + read.spec().getModelId() + ": exact replay is of networks: expected family"
                            + " network, got " + Specs.family(read.spec())
                            + ", whose service forgets exactly without a replay (lethe request delete)");
        }
        ReplayRows rows = ReplayRows.of(read, order == Order.SHUFFLED);
        return run(read, rows, rows.keys(ids, subjects));
    }

    /** Returns the exit code. @param asked keys of the samples to forget */
    private int run(DataOptions.Data read, ReplayRows rows, Set<String> asked) {
        CheckpointFolder folder = checkpoints == null ? null : open(read.spec(), rows);
        BitSet before = folder == null ? new BitSet() : rows.positions(folder.forgotten());
        BitSet all = rows.positions(asked);
        if (!asked.isEmpty() && all.isEmpty()) {
            command.commandLine().getErr().println("lethe: all of these samples are held out: none was trained on");
        }
        all.or(before);
        if (all.cardinality() == rows.size()) {
            throw new LetheException("expected samples that are left to train on, got none but those to forget");
        }
        ExactReplay replay = replay(read.spec(), rows, folder);
        ReplayRun run = ReplayRun.of(replay, before, all, () -> remember(folder, rows.keys(all)));
        Boolean equal = verify ? run.equalsReference(replay, all) : null;
        Results table = table(replay, run, all.cardinality() - before.cardinality(), equal);
        losses(table, run, data.hasTestFile() ? read.test() : rows.heldOut());
        table.print(command.commandLine().getOut());
        if (Boolean.FALSE.equals(equal)) {
            return Lethe.TO_DO;
        }
        table.write(out, "exact-replay");
        if (out != null) {
            new ReplayFiles(read.spec(), plan(read.spec()), rows, all).write(out, replay, run, equal);
        }
        return Lethe.DONE;
    }

    private static void remember(CheckpointFolder folderOrNull, List<String> forgotten) {
        if (folderOrNull != null) {
            folderOrNull.remember(forgotten);
        }
    }

    private TrainingPlan plan(ModelSpec spec) {
        TrainingPlan plan = NetworkSpecs.plan(spec);
        return order == Order.FILE ? plan.inOrder() : plan;
    }

    private CheckpointFolder open(ModelSpec spec, ReplayRows rows) {
        Architecture network = NetworkSpecs.architecture(spec);
        String plan = plan(spec) + ", " + NetworkSpecs.loss(spec) + ", " + Arrays.toString(network.input()) + " "
                + network.layers();
        return CheckpointFolder.open(
                checkpoints,
                new CheckpointFolder.Training(plan, rows.digest(), Software.platform()),
                network.parameters());
    }

    private ExactReplay replay(ModelSpec spec, ReplayRows rows, CheckpointFolder folderOrNull) {
        Architecture network = NetworkSpecs.architecture(spec);
        TrainingCheckpoints kept = folderOrNull == null ? TrainingCheckpoints.inMemory() : folderOrNull;
        var replay = new ExactReplay(network, NetworkSpecs.loss(spec), plan(spec), rows.rows(), kept, every);
        long states = replay.steps() / every + 1;
        long bytes = states * network.parameters() * VALUES_PER_PARAMETER * Double.BYTES;
        if (folderOrNull == null && bytes > Runtime.getRuntime().maxMemory() / 4) {
            throw new LetheException(
                    states + " checkpoints take " + (bytes >> 20) + " MB, more than a quarter of the heap:"
                            + " give --checkpoints a folder, take a larger --every, or more memory (-Xmx)");
        }
        return replay;
    }

    private static Results table(ExactReplay replay, ReplayRun run, int forgotten, Boolean equalOrNull) {
        Results table = new Results("WHAT", "VALUE");
        long steps = replay.steps();
        table.add("samples forgotten", forgotten);
        table.add("steps in all", steps);
        table.add("first step that used one", run.usedAfter() == steps ? "none" : run.usedAfter() + 1);
        table.add("steps replayed", steps - run.replayedFrom());
        table.add("steps trained before", run.trainedSteps());
        table.add("training (s)", run.trainingSeconds());
        table.add("replay (s)", run.replaySeconds());
        table.add("equal to training without", equalOrNull == null ? "not verified" : equalOrNull ? "yes" : "NO");
        return table;
    }

    private static void losses(Results table, ReplayRun run, List<Row> test) {
        if (!test.isEmpty()) {
            table.add("test loss before", mean(run.trained().losses(test)));
            table.add("test loss after", mean(run.replayed().losses(test)));
        }
    }

    private static double mean(double[] losses) {
        return Arrays.stream(losses).average().orElse(0);
    }
}
