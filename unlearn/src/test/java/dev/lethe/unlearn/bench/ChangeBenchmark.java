package dev.lethe.unlearn.bench;

import dev.lethe.unlearn.correction.Correction;
import dev.lethe.unlearn.curvature.DenseFactor;
import dev.lethe.unlearn.curvature.SingularCurvatureException;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Warmup;

/** What a change costs: alone, with the correction and its certificate, and in batches; and what building a factor does. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class ChangeBenchmark {
    private static final int BATCH = 64;

    @Benchmark
    public void change(BenchModel model) {
        model.change(1);
    }

    @Benchmark
    public Correction certifiedChange(BenchModel model) {
        model.change(1);
        return model.anchor.correct();
    }

    /** Per change. */
    @Benchmark
    @OperationsPerInvocation(BATCH)
    public Correction certifiedBatchOf64(BenchModel model) {
        model.change(BATCH);
        return model.anchor.correct();
    }

    @Benchmark
    public double factorBuild(BenchModel model) throws SingularCurvatureException {
        try (DenseFactor factor = DenseFactor.build(model.objective, model.sums)) {
            return factor.quality();
        }
    }
}
