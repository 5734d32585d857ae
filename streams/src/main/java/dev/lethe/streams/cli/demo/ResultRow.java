package dev.lethe.streams.cli.demo;

import java.time.Duration;
import java.util.Optional;

/**
 * One row of the demo's result. Everything is measured in the run.
 *
 * @param model what the model has been through
 * @param accuracy share of test rows predicted right
 * @param distance ‖θ − θ_retrained‖; empty for the retrained model itself
 * @param scale ‖θ_retrained‖, above 0; makes the distance relative
 * @param perRequest median wall-clock from sending a request to its receipt; empty where there was no request
 * @param retrain median wall-clock of a fit from scratch on the same data
 */
record ResultRow(
        String model,
        double accuracy,
        Optional<Double> distance,
        double scale,
        Optional<Duration> perRequest,
        Duration retrain) {}
