package dev.lethe.streams.topology;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lethe.schemas.ModelSpec;
import dev.lethe.schemas.ModelVersion;
import dev.lethe.schemas.Sample;
import dev.lethe.unlearn.objective.Vectors;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A river, and beside it the rows that a model should know: what it is held against is retrained from these. */
abstract class RiverCase {
    @TempDir
    Path directory;

    River river;
    final Map<String, Sample> expected = new LinkedHashMap<>();
    final long seed;
    final Random random;

    RiverCase(long seed) {
        this.seed = seed;
        this.random = new Random(seed);
    }

    @BeforeEach
    void openRiver() {
        river = new River(directory, 16);
    }

    @AfterEach
    void closeRiver() {
        river.close();
    }

    final void put(Sample sample) {
        river.put(sample);
        expected.put(sample.getSampleId(), sample);
    }

    final void expectLabel(String id, String label) {
        expected.computeIfPresent(
                id, (k, s) -> Sample.newBuilder(s).setLabel(label).build());
    }

    final void open(ModelSpec spec) {
        river.put(spec);
        river.awaitVersion(spec.getModelId(), 1);
    }

    /** The latest version, which must be a settled one. */
    final void latestShouldEqualRetrained(ModelSpec spec) {
        shouldEqualRetrained(spec, river.latest(spec.getModelId()));
    }

    final void shouldEqualRetrained(ModelSpec spec, ModelVersion version) {
        double[] want = River.retrained(spec, expected.values());
        double[] apart = Vectors.plus(Doubles.toArray(version.getTheta()), -1, want);
        assertThat(Vectors.norm(apart)).as("seed %d", seed).isLessThan(1e-9 * (1 + Vectors.norm(want)));
    }
}
