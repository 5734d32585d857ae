package dev.lethe.streams.cli.demo;

import java.time.Duration;
import java.util.Optional;

/**
 * A version to be compared with a retrained model.
 *
 * @param name what the model has been through
 * @param theta its parameters; not copied
 * @param perRequest median time of a request; empty where there was none
 */
record Stage(String name, double[] theta, Optional<Duration> perRequest) {}
