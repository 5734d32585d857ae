package dev.lethe.unlearn.curvature;

/** The curvature of the retained rows has no inverse, so J has no unique minimum. */
public final class SingularCurvatureException extends Exception {

    private static final long serialVersionUID = 1L;

    public SingularCurvatureException(String message) {
        super(message);
    }
}
