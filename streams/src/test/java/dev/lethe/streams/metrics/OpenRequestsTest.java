package dev.lethe.streams.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.junit.jupiter.api.Test;

class OpenRequestsTest {
    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final OpenRequests requests = new OpenRequests(registry, () -> 10_000);

    private double gauge(String name) {
        return registry.get(name).gauge().value();
    }

    @Test
    void shouldCountWhatHasNoReceiptAndTellTheAgeOfTheOldest() {
        requests.opened("0_0", "a", 4_000);
        requests.opened("0_1", "b", 7_000);

        assertThat(gauge("lethe.requests.open")).isEqualTo(2);
        assertThat(gauge("lethe.request.age.oldest")).isEqualTo(6);

        requests.closed("0_0", "a");

        assertThat(gauge("lethe.requests.open")).isEqualTo(1);
        assertThat(gauge("lethe.request.age.oldest")).isEqualTo(3);
    }

    /** The last notice of a request may be the first that a restarted task reads. */
    @Test
    void shouldAllowAReceiptInATaskThatHasCountedNothingYet() {
        requests.closed("0_0", "a");

        assertThat(gauge("lethe.requests.open")).isZero();
    }

    @Test
    void shouldForgetATaskThatLeft() {
        requests.opened("0_0", "a", 4_000);

        requests.left("0_0");

        assertThat(gauge("lethe.requests.open")).isZero();
        assertThat(gauge("lethe.request.age.oldest")).isZero();
    }
}
