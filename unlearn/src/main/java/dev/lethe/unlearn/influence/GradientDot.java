package dev.lethe.unlearn.influence;

/** V = G: no curvature at all, the floor every other method must beat. Its scores have another scale (TracIn 2020, one step). */
public final class GradientDot implements InfluenceMethod {

    @Override
    public String name() {
        return InfluenceMethods.GRADIENT_DOT.id();
    }

    @Override
    public double[] solve(double[] gradients, int count) {
        return gradients.clone();
    }

    @Override
    public void close() {
        // Holds nothing.
    }
}
