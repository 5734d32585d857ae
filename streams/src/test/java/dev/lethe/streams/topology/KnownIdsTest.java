package dev.lethe.streams.topology;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class KnownIdsTest {
    private final KnownIds known = new KnownIds();

    @Test
    void shouldNeverDenyWhatItWasTold() {
        IntStream.range(0, 2_000_000).forEach(i -> known.add("request-" + i));
        assertThat(IntStream.range(0, 2_000_000).filter(i -> !known.mayContain("request-" + i)))
                .isEmpty();
    }

    @Test
    void shouldDenyMostOfWhatItWasNotTold() {
        IntStream.range(0, 1_000_000).forEach(i -> known.add("request-" + i));
        long mistaken = IntStream.range(0, 100_000)
                .filter(i -> known.mayContain("other-" + i))
                .count();
        // (1 - exp(-4 n / bits))^4 of them, by Bloom's formula.
        double expected = 100_000 * Math.pow(1 - Math.exp(-4.0 * 1_000_000 / (64 << 17)), 4);
        assertThat(mistaken / expected).isBetween(0.8, 1.25);
    }
}
