package dev.lethe.unlearn.curvature;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lethe.unlearn.Samples;
import dev.lethe.unlearn.curvature.Sweep.Wanted;
import dev.lethe.unlearn.linalg.SymmetricMatrix;
import dev.lethe.unlearn.objective.Family;
import dev.lethe.unlearn.objective.Intercept;
import dev.lethe.unlearn.objective.Objective;
import dev.lethe.unlearn.objective.Predictor;
import dev.lethe.unlearn.objective.Row;
import dev.lethe.unlearn.objective.SoftmaxLoss;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class SweepTest {

    private static final long SEED = 12;
    /** Two whole blocks and a part of one. */
    private static final int ROWS = 1100;

    private static double[] random(Objective objective, long seed) {
        return new Random(seed).doubles(objective.parameters(), -1, 1).toArray();
    }

    private static Sums sweep(Objective objective, double[] theta, List<Row> rows, Wanted wanted) {
        try (Sweep sweep = new Sweep(objective, theta, wanted)) {
            rows.forEach(sweep::add);
            return Sums.decode(sweep.sums().encode());
        }
    }

    @ParameterizedTest
    @MethodSource("dev.lethe.unlearn.Samples#objectives")
    void shouldMultiplyAsTheExplicitCurvatureDoes(Objective objective) {
        List<Row> rows = new Samples(objective, SEED).weightedRows(ROWS);
        double[] theta = random(objective, 1);
        double[] v = random(objective, 2);
        Wanted wanted = new Wanted(false, false, false, v);
        Sums sums = sweep(objective, theta, rows.subList(0, 300), wanted)
                .plus(sweep(objective, theta, rows.subList(300, ROWS), wanted));
        assertThat(sums.rows()).isEqualTo(ROWS);
        assertThat(sums.gradient()).isEmpty();
        int size = Sums.curvatureSize(objective);
        double[] expected = new double[v.length];
        double[] packed = Samples.pass(objective, theta, rows, true).curvature();
        try (SymmetricMatrix curvature = SymmetricMatrix.fromPacked(size, packed)) {
            for (int i = 0; i < v.length; i++) {
                for (int j = 0; j < size; j++) {
                    expected[i] += curvature.get(i % size, j) * v[i / size * size + j];
                }
            }
        }
        assertThat(sums.product()).containsExactly(expected, within(1e-9));
    }

    @ParameterizedTest
    @MethodSource("dev.lethe.unlearn.Samples#objectives")
    void shouldMultiplySeveralDirectionsAsOneByOne(Objective objective) {
        List<Row> rows = new Samples(objective, SEED).weightedRows(ROWS);
        double[] theta = random(objective, 1);
        int length = theta.length;
        double[] several = new double[3 * length];
        for (int c = 0; c < 3; c++) {
            System.arraycopy(random(objective, 2 + c), 0, several, c * length, length);
        }
        double[] product = sweep(objective, theta, rows, new Wanted(false, false, false, several))
                .product();
        for (int c = 0; c < 3; c++) {
            Wanted one = new Wanted(false, false, false, random(objective, 2 + c));
            double[] expected = sweep(objective, theta, rows, one).product();
            assertThat(Arrays.copyOfRange(product, c * length, (c + 1) * length))
                    .containsExactly(expected, within(1e-10));
        }
    }

    /** Some rows are read and left out, some lie in arrays of their own. */
    private static Sums sweepInSharedRoom(Objective objective, double[] theta, List<Row> rows, Wanted wanted) {
        Random random = new Random(SEED);
        try (Sweep sweep = new Sweep(objective, theta, wanted)) {
            for (Row row : rows) {
                if (random.nextInt(3) == 0) {
                    Arrays.fill(sweep.room(), random.nextDouble());
                }
                if (random.nextInt(5) == 0) {
                    sweep.add(row);
                } else {
                    double[] x = sweep.room();
                    System.arraycopy(row.x(), 0, x, 0, x.length);
                    sweep.add(new Row(x, row.y(), row.weight(), row.norm()));
                }
            }
            return sweep.sums();
        }
    }

    @ParameterizedTest
    @MethodSource("dev.lethe.unlearn.Samples#objectives")
    void shouldAddUpTheSameOfRowsThatShareTheirRoom(Objective objective) {
        List<Row> rows = new Samples(objective, SEED).weightedRows(ROWS);
        double[] theta = random(objective, 1);
        for (Wanted wanted : List.of(
                new Wanted(false, false, false, null),
                new Wanted(true, true, false, null),
                new Wanted(false, false, true, null),
                new Wanted(false, false, false, random(objective, 2)))) {
            Sums shared = sweepInSharedRoom(objective, theta, rows, wanted);
            assertThat(shared.encode())
                    .as("%s, seed %d", wanted, SEED)
                    .isEqualTo(sweep(objective, theta, rows, wanted).encode());
        }
    }

    @Test
    void shouldInvertTheKroneckerForm() {
        Objective objective = new Objective(Family.SOFTMAX, 3, 4, Intercept.FREE, 0.7);
        List<Row> rows = new Samples(objective, SEED).weightedRows(ROWS);
        double[] theta = random(objective, 1);
        double[] v = random(objective, 2);
        Sums sums = sweep(objective, theta, rows, new Wanted(false, false, true, null));
        double[] out = new double[v.length];
        try (Preconditioner preconditioner = Preconditioner.build(objective, sums)) {
            preconditioner.apply(kronecker(objective, theta, rows, v), out);
        }
        assertThat(out).containsExactly(v, within(1e-12));
        assertThat(sums.gradient())
                .containsExactly(Samples.pass(objective, theta, rows, false).gradient());
    }

    /** (S̄ ⊗ A + ΛI)·v by plain loops. */
    private static double[] kronecker(Objective objective, double[] theta, List<Row> rows, double[] v) {
        int d = objective.columns();
        int k = objective.outputs();
        double[][] spread = new double[k][k];
        double[][] gram = new double[d][d];
        double total = 0;
        double[] p = new double[k];
        for (Row row : rows) {
            SoftmaxLoss.probabilities(Predictor.logits(objective, theta, row.x()), p);
            double trace = 1 - Arrays.stream(p).map(q -> q * q).sum();
            total += row.weight() * trace;
            for (int a = 0; a < k * k; a++) {
                spread[a / k][a % k] += row.weight() * ((a / k == a % k ? p[a % k] : 0) - p[a / k] * p[a % k]);
            }
            for (int a = 0; a < d * d; a++) {
                gram[a / d][a % d] += row.weight() * trace * row.x()[a / d] * row.x()[a % d];
            }
        }
        double[] out = new double[v.length];
        for (int i = 0; i < v.length; i++) {
            out[i] = objective.l2() * v[i];
            for (int j = 0; j < v.length; j++) {
                out[i] += spread[i / d][j / d] / total * gram[i % d][j % d] * v[j];
            }
        }
        return out;
    }

    @Test
    void shouldDivideByTheDiagonalWhereThereIsOneOutput() {
        Objective objective = new Objective(Family.LOGISTIC, 5, 1, Intercept.FREE, 0.7);
        List<Row> rows = new Samples(objective, SEED).weightedRows(ROWS);
        double[] theta = random(objective, 1);
        Sums sums = sweep(objective, theta, rows, new Wanted(false, false, true, null));
        double[] out = new double[objective.parameters()];
        double[] ones = new double[out.length];
        Arrays.fill(ones, 1);
        try (Preconditioner preconditioner = Preconditioner.build(objective, sums);
                SymmetricMatrix curvature = SymmetricMatrix.fromPacked(
                        out.length, Samples.pass(objective, theta, rows, true).curvature())) {
            preconditioner.apply(ones, out);
            for (int j = 0; j < out.length; j++) {
                double penalty = objective.penalised(j) ? objective.l2() : 0;
                assertThat(1 / out[j]).isCloseTo(curvature.get(j, j) + penalty, within(1e-9));
            }
        }
    }

    @Test
    void shouldRefuseAProductWithAnythingElse() {
        assertThatThrownBy(() -> new Wanted(true, false, false, new double[2]))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("goes with nothing else");
        Objective objective = new Objective(Family.LOGISTIC, 2, 1, Intercept.NONE, 1);
        assertThatThrownBy(() -> new Sweep(objective, new double[2], new Wanted(false, false, false, new double[3])))
                .hasMessageContaining("expected 2 direction values, got 3");
    }
}
