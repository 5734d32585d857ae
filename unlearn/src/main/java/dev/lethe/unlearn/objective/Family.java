package dev.lethe.unlearn.objective;

/** The convex loss families. */
public enum Family {
    /** ½(x·θ − y)², one curvature shared by all outputs. */
    RIDGE,
    /** log(1 + exp(−y x·θ)), y ∈ {−1, +1}. */
    LOGISTIC,
    /** −log softmax(Wx)_y, all K blocks kept. */
    SOFTMAX
}
