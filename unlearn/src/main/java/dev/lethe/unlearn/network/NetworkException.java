package dev.lethe.unlearn.network;

/** A network that cannot be computed with: it names the layer and says what to do. Never holds a value of a sample. */
public class NetworkException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public NetworkException(String problem) {
        super(problem);
    }

    public NetworkException(String problem, Throwable cause) {
        super(problem, cause);
    }
}
