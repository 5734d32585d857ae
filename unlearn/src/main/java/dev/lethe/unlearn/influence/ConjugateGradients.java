package dev.lethe.unlearn.influence;

import dev.lethe.unlearn.curvature.Preconditioner;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * H⁻¹G by preconditioned conjugate gradients, every column with steps of its own, all products in one go (Hestenes and
 * Stiefel 1952). Needs no H: any number of parameters.
 */
public final class ConjugateGradients implements InfluenceMethod {

    private final CurvatureProducts products;

    /**
     * @param curvature borrowed until {@link #close()}
     * @param preconditioner owned from now on
     * @param tolerance on ‖g − Hv‖/‖g‖ of each column
     * @param maxSteps products at most; a column that needs more stays as good as it got
     */
    public ConjugateGradients(Curvature curvature, Preconditioner preconditioner, double tolerance, int maxSteps) {
        this.products = new CurvatureProducts(curvature, preconditioner, tolerance, maxSteps);
    }

    @Override
    public String name() {
        return InfluenceMethods.CG.id();
    }

    @Override
    public double[] solve(double[] gradients, int count) {
        Solve solve = new Solve(gradients, count);
        for (int step = 0; step < products.maxSteps() && solve.active.length > 0; step++) {
            solve.step();
        }
        products.project(solve.solution);
        return solve.solution;
    }

    @Override
    public void close() {
        products.close();
    }

    /** The columns on their way. */
    private final class Solve {
        private final int length = products.length();
        private final double[] solution;
        private final double[] residual;
        private final double[] direction;
        private final double[] inner;
        private final double[] limits;
        private int[] active;

        Solve(double[] gradients, int count) {
            solution = new double[gradients.length];
            residual = gradients.clone();
            products.project(residual);
            direction = new double[gradients.length];
            inner = new double[count];
            limits = new double[count];
            active = new int[count];
            for (int c = 0; c < count; c++) {
                active[c] = c;
                limits[c] = products.tolerance() * Math.sqrt(dot(residual, residual, c, c));
                turn(c, 0);
            }
            active = Arrays.stream(active).filter(c -> inner[c] > 0).toArray();
        }

        void step() {
            double[] wanted = new double[length * active.length];
            for (int a = 0; a < active.length; a++) {
                System.arraycopy(direction, active[a] * length, wanted, a * length, length);
            }
            double[] bent = products.bend(wanted, active.length);
            boolean[] going = new boolean[active.length];
            for (int a = 0; a < active.length; a++) {
                going[a] = advance(active[a], bent, a);
            }
            int[] before = active;
            active = IntStream.range(0, before.length)
                    .filter(a -> going[a])
                    .map(a -> before[a])
                    .toArray();
        }

        /** One column's step; whether it goes on. */
        private boolean advance(int c, double[] bent, int at) {
            double curved = dot(direction, bent, c, at);
            if (!(curved > 0) || !Double.isFinite(inner[c] / curved)) {
                return false;
            }
            double step = inner[c] / curved;
            for (int j = 0; j < length; j++) {
                solution[c * length + j] += step * direction[c * length + j];
                residual[c * length + j] -= step * bent[at * length + j];
            }
            turn(c, inner[c]);
            return inner[c] > 0 && Math.sqrt(dot(residual, residual, c, c)) > limits[c];
        }

        /** The next direction of a column. @param before the inner product of the step before, 0 for the first */
        private void turn(int c, double before) {
            double[] r = Arrays.copyOfRange(residual, c * length, (c + 1) * length);
            double[] z = products.precondition(r);
            double product = 0;
            for (int j = 0; j < length; j++) {
                product += r[j] * z[j];
            }
            inner[c] = product;
            double keep = before > 0 ? product / before : 0;
            for (int j = 0; j < length; j++) {
                direction[c * length + j] = z[j] + keep * direction[c * length + j];
            }
        }

        private double dot(double[] a, double[] b, int columnA, int columnB) {
            double sum = 0;
            for (int j = 0; j < length; j++) {
                sum += a[columnA * length + j] * b[columnB * length + j];
            }
            return sum;
        }
    }
}
