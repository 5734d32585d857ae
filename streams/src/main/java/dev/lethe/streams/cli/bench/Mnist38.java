package dev.lethe.streams.cli.bench;

import dev.lethe.unlearn.format.RawSample;
import dev.lethe.unlearn.format.SampleFile;
import dev.lethe.unlearn.format.SampleFiles;
import dev.lethe.unlearn.objective.Family;
import dev.lethe.unlearn.objective.Intercept;
import dev.lethe.unlearn.objective.Objective;
import dev.lethe.unlearn.objective.Row;
import dev.lethe.unlearn.objective.Vectors;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The threes and eights of MNIST, rows of length 1 and Λ = 1e-3·n; or seeded rows of the same shape. */
record Mnist38(String name, Objective objective, List<Row> rows) {
    private static final int ROWS = 11_982;
    private static final int FEATURES = 784;
    private static final double PENALTY_PER_ROW = 1e-3;

    /**
     * @param folder with the training images and labels, gzipped IDX; null for seeded rows
     * @throws dev.lethe.unlearn.format.SampleFileException if they cannot be read
     */
    static Mnist38 of(Path folder) {
        if (folder == null) {
            Objective objective = objective(ROWS);
            return new Mnist38("seeded rows of MNIST 3-vs-8's shape", objective, CoreCase.rows(objective, ROWS));
        }
        List<Row> rows = new ArrayList<>();
        String images = folder.resolve("train-images-idx3-ubyte.gz").toString();
        try (SampleFile file = SampleFiles.open(images + "," + folder.resolve("train-labels-idx1-ubyte.gz"))) {
            for (RawSample sample : file) {
                if (sample.label().equals("3") || sample.label().equals("8")) {
                    rows.add(row(sample));
                }
            }
        }
        return new Mnist38("MNIST 3-vs-8", objective(rows.size()), rows);
    }

    private static Objective objective(int rows) {
        return new Objective(Family.LOGISTIC, FEATURES, 1, Intercept.NONE, PENALTY_PER_ROW * rows);
    }

    private static Row row(RawSample sample) {
        double[] x = sample.features().clone();
        double norm = Vectors.norm(x);
        for (int j = 0; j < x.length; j++) {
            x[j] /= norm;
        }
        return new Row(x, new double[] {sample.label().equals("3") ? 1 : -1}, 1);
    }
}
