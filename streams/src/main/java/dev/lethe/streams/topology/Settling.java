package dev.lethe.streams.topology;

import dev.lethe.unlearn.correction.Settler;

/** A settle under way: where it began, what for, and whether publication waits for its end. */
final class Settling {
    /** How often it may go on with what came in meanwhile: a stream without a gap must not keep publication waiting. */
    private static final int EXTENSIONS = 3;

    /** How it began. */
    enum Start {
        /** From the anchor. */
        ANCHOR,
        /** From zero. */
        ZERO,
        /** From parameters that were trained elsewhere. */
        IMPORTED
    }

    private final Start start;
    private Settler settler;
    private boolean evaluated;
    private boolean hold;
    private boolean closed;
    private int extensions;
    private String code;
    private String reason;

    Settling(Settler settler, Start start, boolean hold, String code, String reason) {
        this.settler = settler;
        this.start = start;
        this.hold = hold;
        this.code = code;
        this.reason = reason;
    }

    Settler settler() {
        return settler;
    }

    Start start() {
        return start;
    }

    boolean fromScratch() {
        return start != Start.ANCHOR;
    }

    /** Whether this is the first evaluation; a fit's first anchor has no earlier one to be compared with. */
    boolean firstEvaluation() {
        boolean first = !evaluated;
        evaluated = true;
        return first;
    }

    /** Publication waits for the end from now on. */
    void hold(String code, String reason) {
        hold = true;
        this.code = code;
        this.reason = reason;
    }

    boolean holds() {
        return hold;
    }

    /** Whether publication waits only because no patch from the anchor it began with could be trusted. */
    boolean waitsForGuard() {
        return hold && !closed && start == Start.ANCHOR && code != null;
    }

    /** Publication goes on. */
    void release() {
        hold = false;
    }

    /** Publication waits for the end, and the version will be over the rows of now: what comes in has to wait. */
    void close() {
        hold = true;
        closed = true;
    }

    boolean closed() {
        return closed;
    }

    /** Whether it is to go on with what was folded meanwhile, rather than leave that to a patch; closed, nothing more is. */
    boolean extensible() {
        return hold && extensions < EXTENSIONS;
    }

    /** Goes on towards the minimum over more rows. */
    void extend(Settler next) {
        settler = next;
        extensions++;
    }

    String code() {
        return code;
    }

    String reason() {
        return reason;
    }

    String method() {
        if (!settler.keepsFactor()) {
            return "Newton's method with conjugate gradients on curvature-vector products";
        }
        return switch (start) {
            case ANCHOR -> "Newton passes with the kept factor, fresh curvature where needed";
            case ZERO -> "Newton's method from zero";
            case IMPORTED -> "Newton's method from the imported parameters";
        };
    }
}
