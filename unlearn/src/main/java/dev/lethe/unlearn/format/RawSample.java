package dev.lethe.unlearn.format;

/**
 * A training row as it stands in a file: raw features, no constant.
 *
 * @param id sample id
 * @param subject whose data it is, or null
 * @param label as text; numbers of binary files as {@code "3"} or the shortest decimal
 * @param weight finite, at least 0
 * @param features finite numbers; not copied
 * @param line where it starts: 1-based line of a text file, 0-based row of a binary one
 */
public record RawSample(String id, String subject, String label, double weight, double[] features, long line) {

    /** Never the features, the label or the subject: this text may reach a log. */
    @Override
    public String toString() {
        return "sample " + id + " (line " + line + ", " + features.length + " features)";
    }
}
