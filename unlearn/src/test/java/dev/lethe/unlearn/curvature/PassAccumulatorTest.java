package dev.lethe.unlearn.curvature;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lethe.unlearn.Samples;
import dev.lethe.unlearn.objective.Family;
import dev.lethe.unlearn.objective.Intercept;
import dev.lethe.unlearn.objective.Loss;
import dev.lethe.unlearn.objective.Objective;
import dev.lethe.unlearn.objective.Predictor;
import dev.lethe.unlearn.objective.Row;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class PassAccumulatorTest {

    private static final long SEED = 11;
    /** Two whole blocks and a part of one. */
    private static final int ROWS = 1100;

    @ParameterizedTest
    @MethodSource("dev.lethe.unlearn.Samples#objectives")
    void shouldEqualPlainLoops(Objective objective) {
        List<Row> rows = new Samples(objective, SEED).weightedRows(ROWS);
        double[] theta = new Random(SEED).doubles(objective.parameters(), -1, 1).toArray();
        Sums sums = Samples.pass(objective, theta, rows, true);

        Sums expected = plain(objective, theta, rows);
        assertThat(sums.rows()).isEqualTo(ROWS);
        assertThat(sums.classRows()).isEqualTo(expected.classRows());
        assertThat(sums.weight()).isCloseTo(expected.weight(), within(1e-9));
        assertThat(sums.loss()).isCloseTo(expected.loss(), within(1e-9));
        assertThat(sums.maxNorm()).isCloseTo(expected.maxNorm(), within(1e-12));
        assertThat(sums.gradient()).containsExactly(expected.gradient(), within(1e-9));
        assertThat(sums.gram()).containsExactly(expected.gram(), within(1e-9));
        assertThat(sums.curvature()).containsExactly(expected.curvature(), within(1e-9));
    }

    @ParameterizedTest
    @MethodSource("dev.lethe.unlearn.Samples#objectives")
    void shouldGiveTheSameFirstOrderSumsWithAndWithoutCurvature(Objective objective) {
        double[] theta = new Random(SEED).doubles(objective.parameters(), -1, 1).toArray();
        for (int count : new int[] {0, 1, 3, 4, 5, 511, 1027}) {
            List<Row> rows = new Samples(objective, SEED).weightedRows(count);
            Sums with = Samples.pass(objective, theta, rows, true);
            Sums without = Samples.pass(objective, theta, rows, false);
            assertThat(without.rows()).isEqualTo(count);
            assertThat(without.gradient()).containsExactly(with.gradient(), within(1e-10));
            assertThat(without.loss()).isCloseTo(with.loss(), within(1e-10 * (1 + with.loss())));
            assertThat(without.maxNorm()).isCloseTo(with.maxNorm(), within(1e-12));
            assertThat(without.gradientScale()).isCloseTo(with.gradientScale(), within(1e-9));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {767, 768, 771, 1000})
    void shouldEqualPlainLoopsOnWideRows(int columns) {
        Objective objective = new Objective(Family.LOGISTIC, columns, 1, Intercept.NONE, 1);
        double[] theta = new Random(SEED).doubles(columns, -0.1, 0.1).toArray();
        for (int count : new int[] {1, 2, 17, 600}) {
            List<Row> rows = new Samples(objective, SEED).weightedRows(count);
            Sums sums = Samples.pass(objective, theta, rows, false);

            double[] gradient = new double[columns];
            double loss = 0;
            for (Row row : rows) {
                double margin = row.y()[0] * plainDot(theta, row.x());
                loss += row.weight() * Math.log1p(Math.exp(-margin));
                for (int j = 0; j < columns; j++) {
                    gradient[j] -= row.weight() * row.y()[0] / (1 + Math.exp(margin)) * row.x()[j];
                }
            }
            assertThat(sums.rows()).isEqualTo(count);
            assertThat(sums.loss()).isCloseTo(loss, within(1e-12 * loss));
            assertThat(sums.gradient()).containsExactly(gradient, within(1e-14 * sums.gradientScale()));
        }
    }

    private static double plainDot(double[] a, double[] b) {
        double sum = 0;
        for (int j = 0; j < a.length; j++) {
            sum += a[j] * b[j];
        }
        return sum;
    }

    private static Sums plain(Objective objective, double[] theta, List<Row> rows) {
        Sums total = Sums.empty(objective, true, true);
        for (Row row : rows) {
            total = total.plus(one(objective, theta, row));
        }
        return total;
    }

    private static Sums one(Objective objective, double[] theta, Row row) {
        Loss loss = Loss.of(objective.family());
        int k = objective.outputs();
        double[] z = Predictor.logits(objective, theta, row.x());
        double[] residual = new double[k];
        loss.residual(z, row.y(), residual);
        double[] root = new double[k * loss.rank(k)];
        loss.curvatureRoot(z, root);
        int d = objective.columns();
        double[] gradient = new double[k * d];
        for (int i = 0; i < gradient.length; i++) {
            gradient[i] = row.weight() * residual[i / d] * row.x()[i % d];
        }
        int side = Sums.curvatureSize(objective);
        double[][] curvature = new double[side][side];
        double[][] gram = new double[d][d];
        for (int i = 0; i < side; i++) {
            for (int j = 0; j < side; j++) {
                double second = 0;
                for (int c = 0; c < loss.rank(k); c++) {
                    second += root[c * k + i / d] * root[c * k + j / d];
                }
                curvature[i][j] = row.weight() * second * row.x()[i % d] * row.x()[j % d];
            }
        }
        for (int i = 0; i < d; i++) {
            for (int j = 0; j < d; j++) {
                gram[i][j] = row.weight() * row.x()[i] * row.x()[j];
            }
        }
        double norm = Math.sqrt(Arrays.stream(row.x()).map(v -> v * v).sum());
        double value = row.weight() * loss.value(z, row.y());
        double[] classRows = Sums.empty(objective, false, false).classRows();
        if (classRows != null) {
            classRows[Sums.classOf(objective, row)] = 1;
        }
        return new Sums(1, 0, row.weight(), value, 0, norm, gradient, pack(curvature), pack(gram), classRows);
    }

    private static double[] pack(double[][] matrix) {
        double[] packed = new double[matrix.length * (matrix.length + 1) / 2];
        int at = 0;
        for (int j = 0; j < matrix.length; j++) {
            for (int i = j; i < matrix.length; i++) {
                packed[at++] = matrix[i][j];
            }
        }
        return packed;
    }

    @ParameterizedTest
    @MethodSource("dev.lethe.unlearn.Samples#objectives")
    void shouldAddOverShardsAndSurviveEncoding(Objective objective) {
        List<Row> rows = new Samples(objective, SEED).rows(100);
        double[] theta = new double[objective.parameters()];
        Sums whole = Samples.pass(objective, theta, rows, true);
        Sums parts = Samples.pass(objective, theta, rows.subList(0, 30), true)
                .plus(Samples.pass(objective, theta, rows.subList(30, 100), true));

        Sums back = Sums.decode(parts.encode());

        assertThat(back).usingRecursiveComparison().isEqualTo(parts);
        assertThat(back.rows()).isEqualTo(whole.rows());
        assertThat(back.gradient()).containsExactly(whole.gradient(), within(1e-10));
        assertThat(back.curvature()).containsExactly(whole.curvature(), within(1e-10));
    }

    @Test
    void shouldCarryAbsentArraysAndMisfits() {
        Objective objective = new Objective(Family.LOGISTIC, 2, 1, Intercept.NONE, 1);
        try (PassAccumulator pass = new PassAccumulator(objective, new double[2], false, false)) {
            pass.misfit();
            Sums sums = Sums.decode(pass.sums().encode()).plus(Sums.empty(objective, false, false));
            assertThat(sums.misfits()).isEqualTo(1);
            assertThat(sums.curvature()).isNull();
            assertThat(sums.gram()).isNull();
        }
    }

    @Test
    void shouldRefuseDamagedBytes() {
        byte[] bytes = Sums.empty(new Objective(Family.RIDGE, 2, 1, Intercept.NONE, 1), true, true)
                .encode();
        for (int length : new int[] {0, 3, 20, bytes.length - 1}) {
            assertThatThrownBy(() -> Sums.decode(Arrays.copyOf(bytes, length)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("sums:");
        }
        assertThatThrownBy(() -> Sums.decode(Arrays.copyOf(bytes, bytes.length + 1)))
                .hasMessageContaining("too many");
        bytes[0]++;
        assertThatThrownBy(() -> Sums.decode(bytes)).hasMessageContaining("expected to begin with");
    }

    @Test
    void shouldRefuseSumsOfAnotherPass() {
        Objective objective = new Objective(Family.RIDGE, 2, 1, Intercept.NONE, 1);
        assertThatThrownBy(() -> Sums.empty(objective, true, true).plus(Sums.empty(objective, false, true)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("curvature");
    }

    @Test
    void shouldRefuseARowOfAnotherWidth() {
        Objective objective = new Objective(Family.RIDGE, 2, 1, Intercept.FREE, 1);
        try (PassAccumulator pass = new PassAccumulator(objective, new double[3], false, false)) {
            assertThatThrownBy(() -> pass.add(new Row(new double[2], new double[1], 1)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("expected 3 columns, got 2");
        }
    }
}
