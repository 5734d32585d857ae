/**
 * What a process keeps beside the logged stores, all of it a cache: a shard's rows in memory, so that a pass need not read
 * the store, and snapshots of factors on disk, so that a start need not make a pass. Losing it costs time only.
 */
package dev.lethe.streams.store;
