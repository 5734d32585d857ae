package dev.lethe.streams.client;

import dev.lethe.streams.LetheException;

/** A message above Kafka's limit; nothing was written. */
public final class MessageTooLargeException extends LetheException {
    private static final long serialVersionUID = 1L;

    MessageTooLargeException(String message, Throwable cause) {
        super(message, cause);
    }
}
