package dev.lethe.streams.cli.demo;

import java.util.List;

/** Holds the demo's versions against models retrained from scratch. */
interface Comparison {

    /** What settling does, in a sentence. */
    String settling();

    /** The table and its notes. */
    List<String> of(Stage trained, Stage repaired, Stage deleted, Stage settled);
}
