package dev.lethe.unlearn.curvature;

import dev.lethe.unlearn.linalg.DenseKernels;
import dev.lethe.unlearn.linalg.DenseMatrix;
import dev.lethe.unlearn.linalg.SymmetricMatrix;
import java.util.Random;
import org.bytedeco.javacpp.DoublePointer;

/**
 * Watches how far updates have carried P from H⁻¹, by one fixed random vector z whose product h = H·z is kept true
 * beside P: a row that comes or goes changes it by ±u(uᵀz), O(d). Then ‖P·h − z‖ is ‖(PH − I)z‖, for one symv.
 *
 * <p>z has entries ±1/√H_jj and the norm counts column j by H_jj, so that units of columns do not matter. With E = PH − I
 * in those units the expected square of the result is ‖E‖²_F / n. The rounding of h, amplified by P, is in the result as
 * well: it errs to the careful side.
 */
final class DriftProbe implements AutoCloseable {

    private static final long SEED = 0x1e7e;

    private final int size;
    private final DenseMatrix probe;
    private final DenseMatrix image;
    private final DenseMatrix back;
    private final DenseMatrix shares;
    private final double[] scale;
    private final double[] values;

    /** @param curvature H with its penalty, before it is inverted. Not modified. @param block columns per update */
    DriftProbe(SymmetricMatrix curvature, int block) {
        this(roots(curvature.diagonal()), block);
        DenseKernels.symv(size, 1.0, curvature.pointer(), probe.pointer(), 0.0, image.pointer());
    }

    /** Goes on where another left off. @param scale √H_jj as it was built. Not modified. @param image h. Not modified. */
    DriftProbe(double[] scale, double[] image, int block) {
        this(scale.clone(), block);
        this.image.put(0, image);
    }

    private DriftProbe(double[] scale, int block) {
        this.size = scale.length;
        this.probe = DenseMatrix.zeros(size, 1);
        this.image = DenseMatrix.zeros(size, 1);
        this.back = DenseMatrix.zeros(size, 1);
        this.shares = DenseMatrix.zeros(block, 1);
        this.scale = scale;
        this.values = new double[size];
        Random random = new Random(SEED);
        for (int j = 0; j < size; j++) {
            values[j] = (random.nextBoolean() ? 1 : -1) / scale[j];
        }
        probe.put(0, values);
    }

    private static double[] roots(double[] diagonal) {
        for (int j = 0; j < diagonal.length; j++) {
            diagonal[j] = Math.sqrt(diagonal[j]);
        }
        return diagonal;
    }

    /** √H_jj, a copy. */
    double[] scale() {
        return scale.clone();
    }

    /** h, a copy. */
    double[] image() {
        double[] copy = new double[size];
        image.get(0, copy);
        return copy;
    }

    /** H changed by sign·UUᵀ. @param roots U, n × count, count at most the block. Not modified. */
    void note(int sign, int count, DoublePointer roots) {
        DenseKernels.gemvTransposed(size, count, roots, probe.pointer(), shares.pointer());
        DenseKernels.gemv(size, count, sign, roots, shares.pointer(), 1.0, image.pointer());
    }

    /** ‖(PH − I)z‖ / ‖z‖. @param inverse P. Not modified. */
    double measure(UpdatedMatrix inverse) {
        inverse.multiply(image.pointer(), back.pointer());
        back.get(0, values);
        double sum = 0;
        for (int j = 0; j < size; j++) {
            double error = scale[j] * (values[j] - probe.pointer().get(j));
            sum += error * error;
        }
        return Math.sqrt(sum / size);
    }

    @Override
    public void close() {
        probe.close();
        image.close();
        back.close();
        shares.close();
    }
}
