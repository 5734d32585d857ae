package dev.lethe.streams.cli.demo;

import java.time.Duration;
import java.util.List;
import java.util.Locale;

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

    /** Median time of a request; of an even number the upper one of the two in the middle. */
    Duration median() {
        return sorted().get(answers.size() / 2);
    }

    private List<Duration> sorted() {
        return answers.stream().map(Answered::time).sorted().toList();
    }

    String summary() {
        List<Duration> sorted = sorted();
        return String.format(
                Locale.ROOT,
                "  %d requests, %d versions in %s: %.1f versions/s; request to receipt: median %s, slowest %s",
                answers.size(),
                versions,
                DemoOutput.seconds(elapsed),
                versions / (elapsed.toNanos() / 1e9),
                ResultTable.millis(median()),
                ResultTable.millis(sorted.get(sorted.size() - 1)));
    }
}
