package dev.lethe.unlearn.influence;

import dev.lethe.unlearn.curvature.Preconditioner;

/**
 * H⁻¹G by block conjugate gradients: all columns search in the directions of all (O'Leary 1980), which takes fewer steps
 * than one by one. The directions are made H-orthonormal by the eigenvectors of PᵀHP, and those that have become
 * dependent are dropped: without that the method breaks down as soon as one column is done.
 */
public final class BlockConjugateGradients implements InfluenceMethod {

    /** A direction with less than this part of the largest curvature is a rounding error of the others. */
    private static final double INDEPENDENT = 1e-13;

    private final CurvatureProducts products;

    /** As for {@link ConjugateGradients}; the tolerance is on ‖G − HV‖/‖G‖ (Frobenius) over all columns. */
    public BlockConjugateGradients(Curvature curvature, Preconditioner preconditioner, double tolerance, int maxSteps) {
        this.products = new CurvatureProducts(curvature, preconditioner, tolerance, maxSteps);
    }

    @Override
    public String name() {
        return InfluenceMethods.BLOCK_CG.id();
    }

    @Override
    public double[] solve(double[] gradients, int count) {
        int length = products.length();
        double[] solution = new double[gradients.length];
        double[] residual = gradients.clone();
        products.project(residual);
        double limit = products.tolerance() * Columns.norm(residual);
        double[] directions = products.precondition(residual);
        for (int step = 0; step < products.maxSteps() && Columns.norm(residual) > limit; step++) {
            int width = directions.length / length;
            double[] bent = products.bend(directions, width);
            double[] turn = turn(directions, bent, width);
            int kept = turn.length / width;
            if (kept == 0) {
                break;
            }
            double[] p = Columns.product(directions, length, width, turn, kept);
            double[] q = Columns.product(bent, length, width, turn, kept);
            double[] steps = Columns.transposedProduct(p, residual, length, kept, count);
            Columns.add(solution, 1, Columns.product(p, length, kept, steps, count));
            Columns.add(residual, -1, Columns.product(q, length, kept, steps, count));
            directions = products.precondition(residual);
            double[] overlap = Columns.transposedProduct(q, directions, length, kept, count);
            Columns.add(directions, -1, Columns.product(p, length, kept, overlap, count));
        }
        products.project(solution);
        return solution;
    }

    /** T (width × kept) with (PT)ᵀH(PT) = I. */
    private double[] turn(double[] p, double[] q, int width) {
        double[] gram = Columns.transposedProduct(p, q, products.length(), width, width);
        double[] values = Columns.eigen(gram, width);
        int first = 0;
        while (first < width && !(values[first] > INDEPENDENT * values[width - 1])) {
            first++;
        }
        double[] turn = new double[width * (width - first)];
        for (int c = first; c < width; c++) {
            for (int i = 0; i < width; i++) {
                turn[(c - first) * width + i] = gram[c * width + i] / Math.sqrt(values[c]);
            }
        }
        return turn;
    }

    @Override
    public void close() {
        products.close();
    }
}
