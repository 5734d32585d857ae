package dev.lethe.unlearn.objective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class LossTest {

    private static final double STEP = 1e-6;

    private static int outputs(Family family) {
        return family == Family.LOGISTIC ? 1 : 4;
    }

    private static double[] label(Family family, Random random) {
        return switch (family) {
            case RIDGE -> random.doubles(4, -2, 2).toArray();
            case LOGISTIC -> new double[] {random.nextBoolean() ? 1 : -1};
            case SOFTMAX -> new double[] {random.nextInt(4)};
        };
    }

    @ParameterizedTest
    @EnumSource
    void shouldHaveTheResidualOfItsValueAndTheRootOfItsCurvature(Family family) {
        Loss loss = Loss.of(family);
        int k = outputs(family);
        for (long seed = 0; seed < 50; seed++) {
            Random random = new Random(seed);
            double[] z = random.doubles(k, -3, 3).toArray();
            double[] y = label(family, random);
            double[] residual = new double[k];
            loss.residual(z, y, residual);
            double[] root = new double[k * loss.rank(k)];
            loss.curvatureRoot(z, root);
            for (int i = 0; i < k; i++) {
                double[] up = z.clone();
                double[] down = z.clone();
                up[i] += STEP;
                down[i] -= STEP;
                double slope = (loss.value(up, y) - loss.value(down, y)) / (2 * STEP);
                assertThat(residual[i]).as("seed %d", seed).isCloseTo(slope, within(1e-8));
                double[] after = new double[k];
                double[] before = new double[k];
                loss.residual(up, y, after);
                loss.residual(down, y, before);
                for (int j = 0; j < k; j++) {
                    assertThat(curvature(root, k, i, j))
                            .as("seed %d", seed)
                            .isCloseTo((after[j] - before[j]) / (2 * STEP), within(1e-8));
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldGiveValueAndResidualAtOnce(Family family) {
        Loss loss = Loss.of(family);
        int k = outputs(family);
        for (long seed = 0; seed < 50; seed++) {
            Random random = new Random(seed);
            double[] z = random.doubles(k, -30, 30).toArray();
            double[] y = label(family, random);
            double[] expected = new double[k];
            double[] residual = new double[k];
            loss.residual(z, y, expected);
            assertThat(loss.valueAndResidual(z, y, residual))
                    .as("seed %d", seed)
                    .isEqualTo(loss.value(z, y));
            assertThat(residual).as("seed %d", seed).containsExactly(expected);
        }
    }

    @Test
    void shouldKeepTheDigitsOfSmallLogisticLosses() {
        Loss loss = Loss.of(Family.LOGISTIC);
        for (double margin = -50; margin < 700; margin += 0.0371) {
            double expected = StrictMath.log1p(StrictMath.exp(-Math.abs(margin))) + Math.max(-margin, 0);
            assertThat(loss.value(new double[] {margin}, new double[] {1}))
                    .as("margin %s", margin)
                    .isCloseTo(expected, within(1e-15 * expected));
            assertThat(loss.value(new double[] {-margin}, new double[] {-1}))
                    .isCloseTo(expected, within(1e-15 * expected));
        }
    }

    private static double curvature(double[] root, int k, int i, int j) {
        double sum = 0;
        for (int c = 0; c < root.length / k; c++) {
            sum += root[c * k + i] * root[c * k + j];
        }
        return sum;
    }

    @Test
    void shouldStayFiniteAndExactOnSaturatedSoftmaxRows() {
        double[][] rows = {{800, 0, -800}, {-800, 0, 800}, {0, 800, 800}, {40, 0, 0}, {0, 40, -700}};
        for (double[] z : rows) {
            double[] p = new double[3];
            SoftmaxLoss.probabilities(z, p);
            double[] root = new double[6];
            Loss.of(Family.SOFTMAX).curvatureRoot(z, root);
            for (int i = 0; i < 3; i++) {
                for (int j = 0; j < 3; j++) {
                    double expected = (i == j ? p[i] : 0) - p[i] * p[j];
                    assertThat(curvature(root, 3, i, j)).isCloseTo(expected, within(1e-16));
                }
            }
        }
    }

    @Test
    void shouldKeepTheSmallResidualOfASaturatedRow() {
        double[] residual = new double[2];
        Loss.of(Family.SOFTMAX).residual(new double[] {50, 0}, new double[] {0}, residual);
        assertThat(residual[0]).isCloseTo(-Math.exp(-50), within(1e-30));
        Loss.of(Family.LOGISTIC).residual(new double[] {800}, new double[] {1}, residual);
        assertThat(residual[0]).isZero();
        assertThat(Loss.of(Family.LOGISTIC).value(new double[] {-800}, new double[] {1}))
                .isEqualTo(800);
    }

    @ParameterizedTest
    @EnumSource
    void shouldBoundItsCurvatureAndThirdDerivative(Family family) {
        Loss loss = Loss.of(family);
        int k = outputs(family);
        Random random = new Random(7);
        for (int trial = 0; trial < 2000; trial++) {
            double[] z = random.doubles(k, -4, 4).toArray();
            double[] direction = random.doubles(k, -1, 1).toArray();
            double length = Vectors.norm(direction);
            double[] y = label(family, random);
            double h = 1e-4 / length;
            double bend = (slope(loss, Vectors.plus(z, h, direction), y, direction)
                            - 2 * slope(loss, z, y, direction)
                            + slope(loss, Vectors.plus(z, -h, direction), y, direction))
                    / (h * h * length * length * length);
            assertThat(Math.abs(bend)).isLessThanOrEqualTo(loss.thirdDerivativeBound() + 1e-6);
        }
    }

    private static double slope(Loss loss, double[] z, double[] y, double[] direction) {
        double[] residual = new double[z.length];
        loss.residual(z, y, residual);
        return Vectors.dot(residual, direction);
    }

    @Test
    void shouldPredictClasses() {
        Objective logistic = new Objective(Family.LOGISTIC, 2, 1, Intercept.NONE, 1);
        Objective softmax = new Objective(Family.SOFTMAX, 2, 3, Intercept.NONE, 1);
        double[] x = {1, 2};
        assertThat(Predictor.classIndex(logistic, new double[] {1, 0}, x)).isEqualTo(1);
        assertThat(Predictor.classIndex(logistic, new double[] {-1, 0}, x)).isZero();
        assertThat(Predictor.classIndex(softmax, new double[] {0, 0, 0, 1, 1, 0}, x))
                .isEqualTo(1);
        assertThat(Predictor.logits(softmax, new double[] {0, 0, 0, 1, 1, 0}, x))
                .containsExactly(0, 2, 1);
        assertThatThrownBy(() -> Predictor.logits(softmax, new double[5], x))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("expected 6 parameters");
    }
}
