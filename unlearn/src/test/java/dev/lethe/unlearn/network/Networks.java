package dev.lethe.unlearn.network;

import dev.lethe.unlearn.objective.Row;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;

/** Seeded networks and rows. */
final class Networks {

    static final long SEED = 11;

    private Networks() {}

    /** Between them every layer, both losses, with and without bias. */
    static Stream<Network> all() {
        return Stream.of(
                random(Architecture.perceptron(new Layer.Tanh(), 5, 7, 4, 3), NetworkLoss.CROSS_ENTROPY),
                random(Architecture.perceptron(new Layer.Gelu(), 5, 6, 2), NetworkLoss.SQUARED_ERROR),
                random(convolutional(), NetworkLoss.CROSS_ENTROPY),
                random(normalised(), NetworkLoss.CROSS_ENTROPY));
    }

    static Architecture convolutional() {
        return new Architecture(
                new int[] {2, 8, 7},
                List.of(
                        new Layer.Conv2d(2, 3, 3, 1, 1, true),
                        new Layer.Relu(),
                        new Layer.MaxPool(2, 2),
                        new Layer.Conv2d(3, 4, 2, 2, 1, false),
                        new Layer.Tanh(),
                        new Layer.AvgPool(2, 1),
                        new Layer.Flatten(),
                        new Layer.Linear(8, 3, true)));
    }

    static Architecture normalised() {
        return new Architecture(
                new int[] {6},
                List.of(
                        new Layer.LayerNorm(6),
                        new Layer.Linear(6, 5, false),
                        new Layer.Relu(),
                        new Layer.LayerNorm(5),
                        new Layer.Gelu(),
                        new Layer.Linear(5, 4, true)));
    }

    static Network random(Architecture architecture, NetworkLoss loss) {
        return new Network(architecture, loss, vector(architecture.parameters(), SEED, 0.5));
    }

    static double[] vector(int length, long seed, double scale) {
        return new Random(seed).doubles(length, -scale, scale).toArray();
    }

    /** Weighted rows without structure. */
    static List<Row> rows(Network network, int count, long seed) {
        Random random = new Random(seed);
        List<Row> rows = new ArrayList<>();
        int outputs = network.architecture().outputs();
        for (int i = 0; i < count; i++) {
            double[] x =
                    random.doubles(network.architecture().features(), -1, 1).toArray();
            double[] y = network.loss() == NetworkLoss.SQUARED_ERROR
                    ? random.doubles(outputs, -1, 1).toArray()
                    : new double[] {random.nextInt(outputs)};
            rows.add(new Row(x, y, 0.5 + random.nextDouble()));
        }
        return rows;
    }

    /** Classes that a network can learn: Gaussian clouds around seeded centres, weight 1. */
    static List<Row> clouds(int features, int classes, int count, double spread, long seed) {
        Random centres = new Random(SEED);
        double[][] centre = new double[classes][];
        for (int k = 0; k < classes; k++) {
            centre[k] = centres.doubles(features, -1, 1).toArray();
        }
        Random random = new Random(seed);
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int label = random.nextInt(classes);
            double[] x = centre[label].clone();
            for (int j = 0; j < features; j++) {
                x[j] += spread * random.nextGaussian();
            }
            rows.add(new Row(x, new double[] {label}, 1));
        }
        return rows;
    }

    /** (f(v + h·d) − f(v − h·d)) / 2h. */
    static double[] centralDifference(
            java.util.function.UnaryOperator<double[]> f, double[] v, double[] direction, double h) {
        double[] up = v.clone();
        double[] down = v.clone();
        for (int i = 0; i < v.length; i++) {
            up[i] += h * direction[i];
            down[i] -= h * direction[i];
        }
        double[] a = f.apply(up);
        double[] b = f.apply(down);
        for (int i = 0; i < a.length; i++) {
            a[i] = (a[i] - b[i]) / (2 * h);
        }
        return a;
    }
}
