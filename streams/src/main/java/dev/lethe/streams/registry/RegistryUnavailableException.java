package dev.lethe.streams.registry;

import dev.lethe.streams.LetheException;

/** The registry did not answer: the record is not at fault, and may be readable later. */
public final class RegistryUnavailableException extends LetheException {
    private static final long serialVersionUID = 1L;

    RegistryUnavailableException(String message, Throwable cause) {
        super(message, cause);
    }
}
