package dev.lethe.streams.topology;

import dev.lethe.unlearn.correction.Settler;

/** A settle under way: where it began, what for, and whether publication waits for its end. */
final class Settling {
    /** How it began. */
    enum Start {
        /** From the anchor. */
        ANCHOR,
        /** From zero. */
        ZERO,
        /** From parameters that were trained elsewhere. */
        IMPORTED
    }

    private final Settler settler;
    private final Start start;
    private boolean evaluated;
    private boolean hold;
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
