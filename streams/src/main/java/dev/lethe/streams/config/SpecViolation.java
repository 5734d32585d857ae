package dev.lethe.streams.config;

/** A model definition that breaks a rule: names the key, the rule and the value. */
public final class SpecViolation extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    private final String key;

    /**
     * A violation.
     *
     * @param key the key, with its section ("privacy.sigma")
     * @param rule what was expected, and what was got
     */
    public SpecViolation(String key, String rule) {
        super(key + ": " + rule);
        this.key = key;
    }

    /** The key, with its section. */
    public String key() {
        return key;
    }
}
