package dev.lethe.streams.config;

import java.util.regex.Pattern;

/** Names of models, datasets and exports: also parts of topic keys and file paths. */
public final class Names {
    /** The rule, for messages. */
    public static final String RULE = "1 to 64 of the characters A-Z a-z 0-9 . _ - (not only dots)";

    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._-]{1,64}");
    private static final Pattern ONLY_DOTS = Pattern.compile("\\.+");
    private static final int MAX_QUOTED = 80;

    private Names() {}

    /** Whether a text is a name. "." and ".." are none: as a folder they would lead elsewhere. */
    public static boolean isName(String text) {
        return text != null
                && NAME.matcher(text).matches()
                && !ONLY_DOTS.matcher(text).matches();
    }

    /** A refused value as an error shows it: quoted and bounded. */
    public static String quoted(String text) {
        if (text == null) {
            return "nothing";
        }
        return text.length() <= MAX_QUOTED ? '"' + text + '"' : '"' + text.substring(0, MAX_QUOTED) + "...\"";
    }
}
