package dev.lethe.streams.cli.demo;

import dev.lethe.schemas.ModelSpec;
import dev.lethe.streams.config.Specs;
import dev.lethe.unlearn.correction.Anchor;
import dev.lethe.unlearn.correction.InMemoryFit;
import dev.lethe.unlearn.objective.Mapping;
import dev.lethe.unlearn.objective.Objective;
import dev.lethe.unlearn.objective.Predictor;
import dev.lethe.unlearn.objective.Row;
import dev.lethe.unlearn.objective.RowMapper;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;

/** What the demo measures outside the service: accuracy, and the model retrained from scratch. */
final class DemoMaths {
    private static final int RUNS = 5;

    private final Objective objective;
    private final RowMapper mapper;

    DemoMaths(ModelSpec spec) {
        this.objective = Specs.objective(spec);
        this.mapper = Specs.mapper(spec);
    }

    /**
     * The model that never saw the missing data.
     *
     * @param theta its parameters
     * @param time median wall-clock of a fit
     */
    record Retrained(double[] theta, Duration time) {}

    /** Fits from scratch, {@value #RUNS} times after one run to warm up. */
    Retrained retrain(List<DemoSample> samples) {
        List<Row> rows = rows(samples);
        double[] theta = fit(rows);
        long[] nanos = new long[RUNS];
        for (int run = 0; run < RUNS; run++) {
            long start = System.nanoTime();
            fit(rows);
            nanos[run] = System.nanoTime() - start;
        }
        Arrays.sort(nanos);
        return new Retrained(theta, Duration.ofNanos(nanos[RUNS / 2]));
    }

    private double[] fit(List<Row> rows) {
        try (Anchor anchor = InMemoryFit.fit(objective, rows, null)) {
            return anchor.theta().clone();
        }
    }

    /** The share of samples whose true label is predicted. */
    double accuracy(double[] theta, List<DemoSample> samples) {
        long right = rows(samples).stream()
                .filter(row -> Predictor.classIndex(objective, theta, row.x()) == (int) row.y()[0])
                .count();
        return (double) right / samples.size();
    }

    private List<Row> rows(List<DemoSample> samples) {
        return samples.stream().map(this::row).toList();
    }

    private Row row(DemoSample sample) {
        Mapping mapping = mapper.map(sample.features(), sample.label(), 1);
        if (mapping instanceof Mapping.Fits fits) {
            return fits.row();
        }
        throw new IllegalStateException("sample " + sample.id() + " does not fit the demo's own model: " + mapping);
    }

    static double norm(double[] vector) {
        double sum = 0;
        for (double value : vector) {
            sum += value * value;
        }
        return Math.sqrt(sum);
    }

    static double distance(double[] a, double[] b) {
        double[] difference = new double[a.length];
        Arrays.setAll(difference, i -> a[i] - b[i]);
        return norm(difference);
    }
}
