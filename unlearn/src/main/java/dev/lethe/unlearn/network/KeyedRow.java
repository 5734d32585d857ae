package dev.lethe.unlearn.network;

import dev.lethe.unlearn.objective.Row;

/** A row and what its sample is known by ({@link RowKeys}). */
public record KeyedRow(String key, Row row) {}
