package dev.lethe.unlearn.network;

import dev.lethe.unlearn.linalg.Matrices;
import dev.lethe.unlearn.linalg.SymmetricMatrix;
import dev.lethe.unlearn.objective.Vectors;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * C ≈ UΘUᵀ from a few products with the curvature C, so (C + λI)⁻¹g ≈ g/λ + U(1/(Θ + λ) − 1/λ)Uᵀg: what is not among the
 * found directions keeps its 1/λ. Dropping the complement, as Schioppa et al. 2022 do, loses just the directions in
 * which rows are unlike each other.
 */
public final class LowRankInverse implements InverseCurvature {

    private static final double ROUNDING = 1e-10;

    private final List<double[]> vectors;
    private final double[] values;
    private final double damping;
    private final int size;

    private LowRankInverse(List<double[]> vectors, double[] values, double damping, int size) {
        this.vectors = vectors;
        this.values = values;
        this.damping = damping;
        this.size = size;
        for (double value : values) {
            if (!(value + damping > 0) || Double.isInfinite(value)) {
                throw new DivergedException("low-rank inverse: met an eigenvalue of " + value + " with damping "
                        + damping + ", expected a positive sum; take more damping");
            }
        }
    }

    /**
     * The Ritz pairs of a Krylov space, by Arnoldi's iteration with full reorthogonalisation.
     *
     * @param curvature C without damping; products one after the other. Borrowed.
     * @param rank products, and directions kept
     * @param damping λ, above 0
     */
    public static LowRankInverse arnoldi(CurvatureMap curvature, int rank, double damping, long seed) {
        List<double[]> basis = new ArrayList<>();
        List<double[]> images = new ArrayList<>();
        double[] next = gaussian(curvature.size(), new Random(seed));
        while (basis.size() < Math.min(rank, curvature.size()) && append(basis, next)) {
            next = curvature.times(basis.get(basis.size() - 1));
            images.add(next);
        }
        return ritz(basis, images, damping, curvature.size());
    }

    /**
     * The Ritz pairs of the image of random directions (Halko, Martinsson and Tropp 2011, algorithms 4.1 and 5.3): a
     * Nyström form whose range is turned once towards the large eigenvalues.
     *
     * @param curvature C without damping; twice as many products as directions. Borrowed.
     * @param rank directions
     * @param damping λ, above 0
     */
    public static LowRankInverse nystroem(CurvatureMap curvature, int rank, double damping, long seed) {
        Random random = new Random(seed);
        List<double[]> basis = new ArrayList<>();
        for (int i = 0; i < Math.min(rank, curvature.size()); i++) {
            append(basis, curvature.times(gaussian(curvature.size(), random)));
        }
        return ritz(basis, basis.stream().map(curvature::times).toList(), damping, curvature.size());
    }

    private static LowRankInverse ritz(List<double[]> basis, List<double[]> images, double damping, int size) {
        requireDamping(damping);
        int rank = basis.size();
        if (rank == 0) {
            return new LowRankInverse(List.of(), new double[0], damping, size);
        }
        try (SymmetricMatrix core = SymmetricMatrix.zeros(rank)) {
            for (int j = 0; j < rank; j++) {
                for (int i = j; i < rank; i++) {
                    core.add(i, j, Vectors.dot(basis.get(i), images.get(j)));
                }
            }
            try (Matrices.Eigen eigen = Matrices.eigen(core)) {
                return new LowRankInverse(turned(basis, eigen), eigen.values(), damping, size);
            }
        }
    }

    private static List<double[]> turned(List<double[]> basis, Matrices.Eigen eigen) {
        List<double[]> vectors = new ArrayList<>();
        double[] column = new double[basis.size()];
        for (int c = 0; c < column.length; c++) {
            eigen.vectors().get(c, column);
            double[] vector = new double[basis.get(0).length];
            for (int i = 0; i < column.length; i++) {
                vector = Vectors.plus(vector, column[i], basis.get(i));
            }
            vectors.add(vector);
        }
        return vectors;
    }

    private static void requireDamping(double damping) {
        if (!(damping > 0) || Double.isInfinite(damping)) {
            throw new IllegalArgumentException("low-rank inverse: expected damping above 0, got " + damping);
        }
    }

    /** Adds a direction to an orthonormal basis; false if nothing of it is left. */
    private static boolean append(List<double[]> basis, double[] vector) {
        double[] v = vector;
        double before = Vectors.norm(v);
        // Twice is enough: the second sweep takes off what rounding left of the first.
        for (int sweep = 0; sweep < 2; sweep++) {
            for (double[] one : basis) {
                v = Vectors.plus(v, -Vectors.dot(one, v), one);
            }
        }
        double norm = Vectors.norm(v);
        if (!(norm > ROUNDING * before)) {
            return false;
        }
        basis.add(Vectors.plus(new double[v.length], 1 / norm, v));
        return true;
    }

    private static double[] gaussian(int size, Random random) {
        double[] v = new double[size];
        for (int i = 0; i < size; i++) {
            v[i] = random.nextGaussian();
        }
        return v;
    }

    @Override
    public int size() {
        return size;
    }

    @Override
    public void multiply(double[] g, double[] out) {
        if (!Vectors.finite(g)) {
            throw new DivergedException("low-rank inverse: expected finite numbers, got NaN or infinity");
        }
        double[] sum = Vectors.plus(new double[g.length], 1 / damping, g);
        for (int c = 0; c < values.length; c++) {
            double part = Vectors.dot(vectors.get(c), g) * (1 / (values[c] + damping) - 1 / damping);
            sum = Vectors.plus(sum, part, vectors.get(c));
        }
        System.arraycopy(sum, 0, out, 0, out.length);
    }

    @Override
    public void close() {
        // Holds arrays only.
    }
}
