package dev.lethe.streams.publish;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class SoftwareTest {
    @Test
    void shouldKnowItsVersionAlsoOutsideTheJar() {
        assertThat(Software.version()).matches("lethe \\d+\\.\\d+\\.\\d+.*");
    }
}
