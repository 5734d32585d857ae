package dev.lethe.streams.cli.demo;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * A stretch of requests, one after the other.
 *
 * @param answers at least one, in order
 * @param versions versions published meanwhile
 * @param elapsed wall-clock of all
 */
record Phase(List<Answered> answers, long versions, Duration elapsed) {

    Phase {
        answers = List.copyOf(answers);
        if (answers.isEmpty()) {
            throw new IllegalArgumentException("answers: expected at least one, got none");
        }
    }

    Answered last() {
        return answers.get(answers.size() - 1);
    }

    /** Median time of a request. */
    Duration median() {
        return median(answers);
    }

    /** Of an even number the upper one of the two in the middle. */
    private static Duration median(List<Answered> some) {
        return some.stream().map(Answered::time).sorted().toList().get(some.size() / 2);
    }

    /** Two lines: the rate, and how long each kind of version took. */
    List<String> summary() {
        String rate = String.format(
                Locale.ROOT,
                "  %d requests, %d versions in %s: %.1f versions/s",
                answers.size(),
                versions,
                DemoOutput.seconds(elapsed),
                versions / (elapsed.toNanos() / 1e9));
        String times = byKind().entrySet().stream()
                .map(kind -> String.format(
                        Locale.ROOT,
                        "%d %s, median %s",
                        kind.getValue().size(),
                        kind.getKey(),
                        ResultTable.millis(median(kind.getValue()))))
                .collect(Collectors.joining("; ", "  request to receipt: ", ""));
        return List.of(rate, times);
    }

    private Map<String, List<Answered>> byKind() {
        return answers.stream().collect(Collectors.groupingBy(Answered::kind, TreeMap::new, Collectors.toList()));
    }
}
