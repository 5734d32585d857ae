package dev.lethe.unlearn.objective;

/** Finite decimal numbers as text: the one spelling accepted in files, labels and definitions. */
public final class Decimals {
    private static final int MAX_LENGTH = 400;
    private static final double EXACT_INTEGERS = 1L << 53;

    private Decimals() {}

    /**
     * Reads a finite decimal such as {@code 3}, {@code +1}, {@code -4.42} or {@code 1e-05}.
     *
     * @param text trimmed by this method; may be null
     * @return the number, or NaN where the text is anything else: empty, hexadecimal, a Java suffix ("1d"), "NaN",
     *     "Infinity", out of the range of a double
     */
    public static double parse(String text) {
        if (text == null) {
            return Double.NaN;
        }
        String trimmed = text.trim();
        if (!isDecimal(trimmed)) {
            return Double.NaN;
        }
        try {
            double value = Double.parseDouble(trimmed);
            return Double.isFinite(value) ? value : Double.NaN;
        } catch (NumberFormatException e) {
            return Double.NaN;
        }
    }

    /** Text of a number read from a binary file: integers without a fraction ("3"), else a decimal that reads back. */
    public static String text(double value) {
        return isExactInteger(value) ? Long.toString((long) value) : Double.toString(value);
    }

    /** As {@link #text(double)}; single precision keeps its own shorter decimal (0.1f is "0.1"). */
    public static String text(float value) {
        return isExactInteger(value) ? Long.toString((long) value) : Float.toString(value);
    }

    private static boolean isExactInteger(double value) {
        return value == Math.rint(value) && Math.abs(value) <= EXACT_INTEGERS;
    }

    /** Double.parseDouble alone takes too much: "0x1p3", "1d", "NaN". A regular expression is too slow per feature. */
    private static boolean isDecimal(String text) {
        if (text.isEmpty() || text.length() > MAX_LENGTH) {
            return false;
        }
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (!(c >= '0' && c <= '9' || c == '.' || c == '-' || c == '+' || c == 'e' || c == 'E')) {
                return false;
            }
        }
        return true;
    }
}
