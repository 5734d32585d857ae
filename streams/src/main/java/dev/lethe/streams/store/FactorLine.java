package dev.lethe.streams.store;

/**
 * A snapshot that is kept.
 *
 * @param key what it is a snapshot of
 * @param bytes its size
 * @param writtenAt milliseconds since 1970
 */
public record FactorLine(FactorKey key, long bytes, long writtenAt) {}
