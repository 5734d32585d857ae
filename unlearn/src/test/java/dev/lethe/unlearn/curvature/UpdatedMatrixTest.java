package dev.lethe.unlearn.curvature;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.lethe.unlearn.linalg.DenseMatrix;
import dev.lethe.unlearn.linalg.SymmetricMatrix;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class UpdatedMatrixTest {

    private static final int MOST_COLUMNS = 9;
    private static final int STEPS = 60;

    /** Sizes without and with columns held back. */
    @ParameterizedTest
    @CsvSource({"1, 11", "40, 12", "511, 13", "512, 14", "600, 15"})
    void shouldMultiplyAsThePlainSumDoesWhateverTheNumberOfColumns(int size, long seed) {
        Random random = new Random(seed);
        double[][] plain = new double[size][size];
        try (UpdatedMatrix updated = new UpdatedMatrix(SymmetricMatrix.zeros(size));
                DenseMatrix columns = DenseMatrix.zeros(size, MOST_COLUMNS);
                DenseMatrix products = DenseMatrix.zeros(size, MOST_COLUMNS)) {
            for (int step = 0; step < STEPS; step++) {
                int count = 1 + random.nextInt(MOST_COLUMNS);
                int sign = random.nextBoolean() ? 1 : -1;
                double[] values = random.doubles((long) size * count, -1, 1).toArray();
                columns.put(0, values);
                if (random.nextInt(3) == 0) {
                    updated.add(sign * 0.25, columns.pointer());
                    add(plain, sign * 0.25, values, 0);
                }
                updated.addAll(sign, count, columns.pointer());
                for (int j = 0; j < count; j++) {
                    add(plain, sign, values, j);
                }
                updated.multiplyAll(count, columns.pointer(), products.pointer());
                double[] got = new double[size * count];
                products.get(0, got);
                requireProducts(plain, values, got, "step " + step + ", seed " + seed);
            }
        }
    }

    private static void add(double[][] plain, double factor, double[] columns, int column) {
        int from = column * plain.length;
        for (int i = 0; i < plain.length; i++) {
            for (int j = 0; j < plain.length; j++) {
                plain[i][j] += factor * columns[from + i] * columns[from + j];
            }
        }
    }

    /** A few rows of each product: all of them would take minutes. */
    private static void requireProducts(double[][] plain, double[] columns, double[] got, String where) {
        int size = plain.length;
        for (int from = 0; from < got.length; from += size) {
            for (int i = 0; i < size; i += 1 + size / 7) {
                double expected = 0;
                for (int j = 0; j < size; j++) {
                    expected += plain[i][j] * columns[from + j];
                }
                assertThat(got[from + i]).as("row %d, %s", i, where).isCloseTo(expected, within(1e-9 * size));
            }
        }
    }
}
