/**
 * For a consumer's application: keeps the newest version of a model in memory and swaps it under load. An application
 * asks {@link dev.lethe.streams.follow.ModelFollower#current()} for each prediction, or for each request it serves.
 */
package dev.lethe.streams.follow;
