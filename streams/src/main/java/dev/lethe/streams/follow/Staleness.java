package dev.lethe.streams.follow;

import java.time.Duration;
import java.util.Optional;

/**
 * How far a follower is behind.
 *
 * @param served version that is served; 0: none yet
 * @param newest version that it should serve, as far as it has heard
 * @param sinceContact since Kafka last answered; a follower that hears nothing cannot know of newer versions
 * @param problem why it does not serve the newest; empty: it does, or will in a moment
 */
public record Staleness(long served, long newest, Duration sinceContact, Optional<String> problem) {

    /** Versions behind, as far as the follower knows. */
    public long behind() {
        return Math.abs(newest - served);
    }
}
