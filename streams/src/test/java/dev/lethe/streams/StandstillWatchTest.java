package dev.lethe.streams;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class StandstillWatchTest {
    private static final List<String> STUCK = List.of("Kafka Streams is REBALANCING, expected RUNNING");

    private List<String> obstacles = STUCK;
    private boolean begun;
    private long nanos = 17;
    private final List<String> said = new ArrayList<>();
    private final List<String> given = new ArrayList<>();
    private final StandstillWatch watch =
            new StandstillWatch(() -> obstacles, () -> begun, () -> nanos, said::add, given::add);

    @AfterEach
    void close() {
        watch.close();
    }

    private void pass(Duration time) {
        for (long s = 0; s < time.toSeconds(); s++) {
            watch.look();
            nanos += Duration.ofSeconds(1).toNanos();
        }
        watch.look();
    }

    @Test
    void shouldSayWhyNowAndThen() {
        pass(Duration.ofSeconds(65));

        assertThat(said).containsExactly("not ready for 30 s: " + STUCK.get(0), "not ready for 60 s: " + STUCK.get(0));
        assertThat(given).isEmpty();
    }

    @Test
    void shouldGiveUpAStartInWhichNothingMoves() {
        pass(StandstillWatch.PATIENCE);

        assertThat(given).singleElement().asString().contains("did not start", "REBALANCING");
    }

    @Test
    void shouldWaitForARestoreAsLongAsItMoves() {
        for (int left = 1_000; left > 0; left--) {
            obstacles = List.of(STUCK.get(0), "store samples-0: " + left + " records to restore");
            pass(Duration.ofSeconds(2));
        }

        assertThat(given).isEmpty();
        assertThat(said).isNotEmpty();
    }

    @Test
    void shouldNotGiveUpWhatHasWorked() {
        begun = true;
        pass(StandstillWatch.PATIENCE.multipliedBy(3));

        assertThat(given).isEmpty();
        assertThat(said).hasSizeGreaterThan(20);
    }

    @Test
    void shouldBeginToCountAgainAfterItWorked() {
        pass(Duration.ofSeconds(20));
        obstacles = List.of();
        pass(Duration.ofSeconds(100));
        obstacles = STUCK;
        pass(Duration.ofSeconds(29));

        assertThat(said).isEmpty();
    }
}
