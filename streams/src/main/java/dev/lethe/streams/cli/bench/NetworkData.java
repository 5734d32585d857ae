package dev.lethe.streams.cli.bench;

import dev.lethe.unlearn.format.SampleFile;
import dev.lethe.unlearn.format.SampleFiles;
import dev.lethe.unlearn.objective.Row;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;

/** Rows for {@code bench network}: MNIST where it is, pixels from 0 to 1. */
final class NetworkData {

    private static final String TRAIN = "train-images-idx3-ubyte.gz";
    private static final int SIDE = 28;
    private static final int POOL = 4;
    private static final double WHITE = 255;

    private NetworkData() {}

    static boolean present(Path folder) {
        return Files.isReadable(folder.resolve(TRAIN));
    }

    static List<Row> train(Path folder, int count) {
        return read(folder.resolve(TRAIN) + "," + folder.resolve("train-labels-idx1-ubyte.gz"), count);
    }

    static List<Row> test(Path folder) {
        return read(
                folder.resolve("t10k-images-idx3-ubyte.gz") + "," + folder.resolve("t10k-labels-idx1-ubyte.gz"),
                Integer.MAX_VALUE);
    }

    private static List<Row> read(String pair, int count) {
        try (SampleFile file = SampleFiles.open(pair);
                Stream<Row> rows = file.stream().limit(count).map(sample -> {
                    double[] x = sample.features().clone();
                    for (int j = 0; j < x.length; j++) {
                        x[j] /= WHITE;
                    }
                    return new Row(x, new double[] {Double.parseDouble(sample.label())}, 1);
                })) {
            return rows.toList();
        }
    }

    /** Averages of 4 × 4 pixels: 49 features. */
    static List<Row> pooled(List<Row> rows) {
        return rows.stream()
                .map(row -> new Row(pooled(row.x()), row.y(), row.weight()))
                .toList();
    }

    private static double[] pooled(double[] x) {
        int side = SIDE / POOL;
        double[] out = new double[side * side];
        for (int i = 0; i < SIDE; i++) {
            for (int j = 0; j < SIDE; j++) {
                out[i / POOL * side + j / POOL] += x[i * SIDE + j] / (POOL * POOL);
            }
        }
        return out;
    }

    /** Gaussian clouds. */
    static List<Row> seeded(int features, int classes, int count) {
        Random random = new Random(NetworkBench.SEED);
        double[][] centres = new double[classes][];
        for (int k = 0; k < classes; k++) {
            centres[k] = random.doubles(features, -1, 1).toArray();
        }
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            double[] x = centres[i % classes].clone();
            for (int j = 0; j < features; j++) {
                x[j] += random.nextGaussian();
            }
            rows.add(new Row(x, new double[] {i % classes}, 1));
        }
        return rows;
    }
}
