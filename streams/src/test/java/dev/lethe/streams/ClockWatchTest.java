package dev.lethe.streams;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ClockWatchTest {
    private long wallMillis = 1_000_000;
    private long steadyNanos = 77;
    private final List<Duration> reported = new ArrayList<>();
    private final ClockWatch watch = new ClockWatch(() -> wallMillis, () -> steadyNanos, reported::add);

    private void pass(Duration wall, Duration steady) {
        wallMillis += wall.toMillis();
        steadyNanos += steady.toNanos();
        watch.look();
    }

    @Test
    void shouldReportAClockThatWasSetBack() {
        pass(Duration.ofSeconds(1), Duration.ofSeconds(1));
        pass(Duration.ofHours(-1).plusSeconds(1), Duration.ofSeconds(1));
        assertThat(reported).containsExactly(Duration.ofHours(1));
        pass(Duration.ofSeconds(1), Duration.ofSeconds(1));
        assertThat(reported).hasSize(1);
    }

    @Test
    void shouldSayNothingOfAClockThatRunsOrIsSetForward() {
        pass(Duration.ofSeconds(60), Duration.ofSeconds(60));
        pass(Duration.ofHours(3), Duration.ofSeconds(1));
        assertThat(reported).isEmpty();
    }

    @Test
    void shouldSayNothingOfSmallSteps() {
        pass(Duration.ofSeconds(-4), Duration.ofSeconds(0));
        pass(Duration.ofSeconds(1).minus(ClockWatch.TOLERATED), Duration.ofSeconds(1));
        assertThat(reported).isEmpty();
    }
}
