package dev.lethe.unlearn.objective;

/** What is done about the constant column, which is always the last one. */
public enum Intercept {
    NONE,
    /** Penalised like every other weight. */
    PENALISED,
    /** Not penalised (r = 0). */
    FREE
}
