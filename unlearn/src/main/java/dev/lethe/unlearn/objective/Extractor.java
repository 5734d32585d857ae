package dev.lethe.unlearn.objective;

/**
 * A frozen network in front of a model: raw features in, an embedding out. It never learns; every guarantee of the model
 * on top is relative to it. Thread-safe, and equal if it is the same file.
 */
public interface Extractor {

    /** Raw features of a sample. */
    int inputs();

    /** Length of an embedding. */
    int outputs();

    /** The embedding, new. @param x as many as {@link #inputs()}. Not modified. */
    double[] apply(double[] x);
}
