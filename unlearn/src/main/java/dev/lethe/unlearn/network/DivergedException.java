package dev.lethe.unlearn.network;

/** An iteration that grew, met negative curvature, or used up its steps: there is no result. */
public class DivergedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public DivergedException(String problem) {
        super(problem);
    }
}
