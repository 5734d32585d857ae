package dev.lethe.streams.http;

/** Ends a request with a problem. */
public final class ProblemException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient Problem problem;

    public ProblemException(Problem problem) {
        super(problem.detail(), null, false, false);
        this.problem = problem;
    }

    /** The request is wrong. */
    public static ProblemException badRequest(String code, String detail) {
        return new ProblemException(new Problem(400, code, detail));
    }

    /** There is no such thing. */
    public static ProblemException notFound(String code, String detail) {
        return new ProblemException(new Problem(404, code, detail));
    }

    /** The service cannot answer now; the same request may work later. */
    public static ProblemException unavailable(String code, String detail) {
        return new ProblemException(new Problem(503, code, detail));
    }

    /** What to tell the caller. */
    public Problem problem() {
        return problem;
    }
}
