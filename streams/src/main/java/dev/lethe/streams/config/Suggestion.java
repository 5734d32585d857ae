package dev.lethe.streams.config;

import java.util.Collection;
import java.util.Comparator;

/** "did you mean": the nearest of the known names. */
public final class Suggestion {
    private Suggestion() {}

    /** A half-sentence to append to an error: the nearest name, or all of them where none is near. */
    public static String of(String given, Collection<String> known) {
        return known.stream()
                .min(Comparator.comparingInt((String name) -> distance(given, name))
                        .thenComparing(Comparator.naturalOrder()))
                .filter(name -> distance(given, name) <= Math.max(2, given.length() / 3))
                .map(name -> "did you mean " + name + "?")
                .orElseGet(() ->
                        "expected one of " + known.stream().sorted().toList().toString());
    }

    /** Levenshtein distance: insertions, deletions and substitutions. */
    static int distance(String a, String b) {
        int[] row = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int substituted = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(substituted, 1 + Math.min(row[j], row[j - 1]));
            }
        }
        return row[b.length()];
    }
}
