package dev.lethe.unlearn.bench;

import dev.lethe.unlearn.Samples;
import dev.lethe.unlearn.curvature.Sums;
import dev.lethe.unlearn.objective.Objective;
import dev.lethe.unlearn.objective.Row;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** A gradient pass over rows that lie in memory; 60 000 × 784 are 376 MB. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(value = 1, jvmArgsAppend = "-Xmx2g")
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class PassBenchmark {
    @Param("60000")
    int rows;

    @Param("784")
    int features;

    private Objective objective;
    private double[] theta;
    private List<Row> data;

    @Setup(Level.Trial)
    public void open() {
        objective = BenchModel.objective("logistic-" + features);
        theta = new double[objective.parameters()];
        data = BenchModel.unitRows(objective, rows);
    }

    @Benchmark
    public Sums gradient() {
        return Samples.pass(objective, theta, data, false);
    }
}
