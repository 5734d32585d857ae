package dev.lethe.streams.follow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.lethe.schemas.ModelSpec;
import dev.lethe.schemas.ModelVersion;
import dev.lethe.schemas.VersionArtifact;
import dev.lethe.streams.publish.ArtifactReader;
import dev.lethe.streams.publish.LocalStore;
import dev.lethe.streams.publish.Stored;
import dev.lethe.streams.publish.Versions;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The example of an application. */
class OnnxPredictorTest {
    private static final int FEATURES = 16;
    private static final int CLASSES = 4;
    private static final int READERS = 4;
    private static final int VERSIONS = 100;

    @TempDir
    private Path folder;

    private final ModelSpec spec = Versions.spec(FEATURES, CLASSES);
    private final ModelSwitch served = new ModelSwitch(spec, false);

    private OnnxPredictor predictor(VersionArtifact version) throws Exception {
        ArtifactReader store = new ArtifactReader(new LocalStore(folder));
        return new OnnxPredictor(
                store.graph(Versions.MODEL, store.manifest(Versions.MODEL, version.getArtifact())), served::current);
    }

    @Test
    void shouldSayWhatLetheSays() throws Exception {
        List<ModelVersion> versions = new Versions(spec, 2).chain(2);
        double[] x = new Random(1).doubles(FEATURES, -1, 1).toArray();
        try (OnnxPredictor predictor =
                predictor(Stored.write(folder, spec, versions).get(0))) {
            for (ModelVersion version : versions) {
                served.accept(version);
                var got = predictor.logits(x);

                assertThat(got.version()).isEqualTo(version.getVersion());
                assertThat(got.values())
                        .containsExactly(served.current().orElseThrow().logits(x), within(1e-13));
            }
        }
    }

    /** In version n every parameter is n, so that a mixture of two versions cannot go unseen. */
    @Test
    void shouldServeWhileVersionsChangeAndLeaveNoSessionBehind() throws Exception {
        List<ModelVersion> versions = Versions.constant(spec, VERSIONS);
        served.accept(versions.get(0));
        AtomicBoolean over = new AtomicBoolean();
        ExecutorService threads = Executors.newFixedThreadPool(READERS);
        OnnxPredictor predictor =
                predictor(Stored.write(folder, spec, versions.subList(0, 1)).get(0));
        List<Future<Long>> readers = new ArrayList<>();
        for (int i = 0; i < READERS; i++) {
            readers.add(threads.submit(() -> read(predictor, over)));
        }
        for (ModelVersion version : versions) {
            served.accept(version);
            Thread.sleep(2);
        }
        over.set(true);
        for (Future<Long> reader : readers) {
            assertThat(reader.get()).as("predictions").isPositive();
        }
        threads.shutdown();

        assertThat(predictor.logits(new double[FEATURES]).version()).isEqualTo(VERSIONS);
        assertThat(predictor.open()).isEqualTo(1);
        predictor.close();
        assertThat(predictor.open()).isZero();
    }

    private static long read(OnnxPredictor predictor, AtomicBoolean over) throws Exception {
        double[] ones = new double[FEATURES];
        Arrays.fill(ones, 1);
        long predictions = 0;
        for (; !over.get(); predictions++) {
            var got = predictor.logits(ones);
            // FEATURES parameters and the intercept, each as large as the version's number.
            assertThat(got.values()).containsOnly(got.version() * (FEATURES + 1.0));
        }
        return predictions;
    }
}
