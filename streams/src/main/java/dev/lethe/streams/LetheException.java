package dev.lethe.streams;

/**
 * Something a person can act on: the message says what is wrong, where, what was expected and what to do. The command
 * line prints the message alone. Messages never hold a feature value, a subject id or a secret.
 */
public class LetheException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public LetheException(String message) {
        super(message);
    }

    public LetheException(String message, Throwable cause) {
        super(message, cause);
    }
}
