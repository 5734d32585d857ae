/** Schemas of producers that frame their messages as Confluent's serializers do: by an id in a registry. */
package dev.lethe.streams.registry;
