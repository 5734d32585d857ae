/** What the service tells of itself in numbers: its own meters, and those of the libraries it runs on. */
package dev.lethe.streams.metrics;
