package dev.lethe.streams.client;

import dev.lethe.streams.LetheException;

/** The service will not answer a question as it is. */
public final class RefusedException extends LetheException {
    private static final long serialVersionUID = 1L;

    private final String code;

    /** @param code machine-readable, in capitals */
    public RefusedException(String code, String reason) {
        super(reason);
        this.code = code;
    }

    /** Machine-readable reason, as receipts have it. */
    public String code() {
        return code;
    }
}
