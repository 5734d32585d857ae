package dev.lethe.streams.config;

import dev.lethe.streams.LetheException;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;

/**
 * One setting: its key, what it means, what it may be, and its default. The reference page is made from these.
 *
 * @param key name in the configuration file
 * @param rule what values are allowed, for people
 * @param defaults default with a cluster and with the embedded broker; null: none
 * @param doc what it does
 * @param parser from text; throws IllegalArgumentException on what the rule does not allow
 */
public record Setting<T>(String key, String rule, Defaults defaults, String doc, Function<String, T> parser) {

    /** The default of a setting, which may depend on where the service runs. */
    public record Defaults(String cluster, String local) {
        static Defaults of(Object both) {
            return new Defaults(both.toString(), both.toString());
        }
    }

    /** Name of the environment variable that sets it. */
    public String variable() {
        return "LETHE_" + key.replace('.', '_').toUpperCase(Locale.ROOT);
    }

    /**
     * The value out of what was given, or the default; null where there is none.
     *
     * @throws LetheException if the text is not allowed
     */
    T value(Map<String, String> given, boolean local) {
        String text = given.getOrDefault(key, local ? defaults.local : defaults.cluster);
        if (text == null) {
            return null;
        }
        try {
            return parser.apply(text.strip());
        } catch (IllegalArgumentException e) {
            throw new LetheException("setting " + key + ": expected " + rule + ", got '" + text + "'", e);
        }
    }

    static Setting<Integer> integer(String key, int min, int max, Defaults defaults, String doc) {
        return new Setting<>(key, "a whole number from " + min + " to " + max, defaults, doc, text -> {
            int value = Integer.parseInt(text);
            if (value < min || value > max) {
                throw new IllegalArgumentException("out of range");
            }
            return value;
        });
    }

    static Setting<String> text(String key, String pattern, Defaults defaults, String rule, String doc) {
        return new Setting<>(key, rule, defaults, doc, text -> {
            if (!text.matches(pattern)) {
                throw new IllegalArgumentException("no match");
            }
            return text;
        });
    }
}
