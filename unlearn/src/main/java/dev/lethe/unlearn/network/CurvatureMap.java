package dev.lethe.unlearn.network;

/** A symmetric matrix that is only known by its products. Not thread-safe. */
public interface CurvatureMap {

    /** Rows and columns. */
    int size();

    /** H·v, new. @param v Not modified. */
    double[] times(double[] v);
}
