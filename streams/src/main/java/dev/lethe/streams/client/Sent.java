package dev.lethe.streams.client;

/**
 * A request that Kafka has taken.
 *
 * @param requestId idempotency key
 * @param partition where it went
 * @param offset its place there; with the partition it tells two requests under one id apart
 * @param sentNanos {@link System#nanoTime} when it was handed to the producer
 */
public record Sent(String requestId, int partition, long offset, long sentNanos) {}
