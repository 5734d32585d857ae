package dev.lethe.streams.cli.evaluate;

import dev.lethe.streams.LetheException;
import dev.lethe.unlearn.network.Architecture;
import dev.lethe.unlearn.network.Layer;
import dev.lethe.unlearn.network.Network;
import dev.lethe.unlearn.network.NetworkLoss;
import dev.lethe.unlearn.network.Optimizer;
import dev.lethe.unlearn.network.Trainer;
import dev.lethe.unlearn.network.TrainingListener;
import dev.lethe.unlearn.network.TrainingPlan;
import dev.lethe.unlearn.objective.Family;
import dev.lethe.unlearn.objective.Objective;
import dev.lethe.unlearn.objective.Row;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.stream.IntStream;
import picocli.CommandLine.Option;

/** A multi-layer perceptron in place of the linear model. */
final class NetworkOptions {

    private static final int BATCH = 64;

    @Option(
            names = "--hidden",
            paramLabel = "N",
            split = ",",
            description =
                    "Train a perceptron with hidden layers of these widths (ReLU, Adam, batches of 64) in place of the"
                            + " model's own linear one; attribution is then by EK-FAC. Softmax models only.")
    private List<Integer> hidden;

    @Option(
            names = "--epochs",
            paramLabel = "N",
            defaultValue = "5",
            description = "--hidden: epochs of training (default: ${DEFAULT-VALUE}).")
    private int epochs;

    @Option(
            names = "--learning-rate",
            paramLabel = "X",
            defaultValue = "1e-3",
            description = "--hidden: Adam's (default: ${DEFAULT-VALUE}).")
    private double learningRate;

    @Option(
            names = "--weight-decay",
            paramLabel = "X",
            defaultValue = "0",
            description = "--hidden: of each step (default: ${DEFAULT-VALUE}).")
    private double weightDecay;

    /** Whether a perceptron is asked for. */
    boolean wanted() {
        return hidden != null;
    }

    /** @throws LetheException if the model is no softmax, or an option is out of range */
    void check(Objective objective) {
        if (objective.family() != Family.SOFTMAX || hidden.stream().anyMatch(width -> width < 1) || epochs < 1) {
            throw new LetheException(
                    "--hidden: expected a softmax model, widths and epochs of at least 1, got a model of family "
                            + objective.family() + ", widths " + hidden + " and " + epochs + " epochs");
        }
    }

    /** Trains on rows, all in the order of the seed. */
    Network train(Objective objective, List<Row> rows, long seed, TrainingListener listener) {
        TrainingPlan plan = new TrainingPlan(new Optimizer.Adam(learningRate), epochs, BATCH, seed, weightDecay);
        return new Trainer(architecture(objective), NetworkLoss.CROSS_ENTROPY, plan, rows, new BitSet())
                .train(listener);
    }

    private Architecture architecture(Objective objective) {
        List<Integer> widths = new ArrayList<>(List.of(objective.columns()));
        widths.addAll(hidden);
        widths.add(objective.outputs());
        return Architecture.perceptron(
                new Layer.Relu(),
                IntStream.range(0, widths.size()).map(widths::get).toArray());
    }
}
