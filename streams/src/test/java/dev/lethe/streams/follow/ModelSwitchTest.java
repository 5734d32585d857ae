package dev.lethe.streams.follow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lethe.schemas.ModelSpec;
import dev.lethe.schemas.ModelVersion;
import dev.lethe.schemas.VersionArtifact;
import dev.lethe.streams.config.ModelFile;
import dev.lethe.streams.config.NetworkSpecs;
import dev.lethe.streams.publish.ArtifactReader;
import dev.lethe.streams.publish.LocalStore;
import dev.lethe.streams.publish.Stored;
import dev.lethe.streams.publish.VersionFiles;
import dev.lethe.streams.publish.Versions;
import dev.lethe.streams.topology.Doubles;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelSwitchTest {
    private static final int READERS = 8;
    private static final int VERSIONS = 1_000;
    /** Reads after which everything is loaded and linked. */
    private static final long WARM_UP = 1_000;

    private static final int FEATURES = 16;
    private static final int CLASSES = 4;

    @TempDir
    private Path folder;

    private final ModelSpec spec = Versions.spec(FEATURES, CLASSES);
    private final ModelSwitch served = new ModelSwitch(spec, false);
    private ArtifactReader reader;

    @BeforeEach
    void open() {
        reader = new ArtifactReader(new LocalStore(folder));
    }

    private List<VersionArtifact> store(List<ModelVersion> versions) throws IOException {
        return Stored.write(folder, spec, versions);
    }

    private ServedModel current() {
        return served.current().orElseThrow();
    }

    /** In version n every parameter is n, so that a mixture of two versions cannot go unseen. */
    @Test
    void shouldNeverShowAMixtureAndNeverLetAReaderWait() throws Exception {
        List<ModelVersion> versions = Versions.constant(spec, VERSIONS);
        List<VersionArtifact> announced = store(versions.subList(0, VERSIONS / 10));
        served.accept(versions.get(0));
        AtomicBoolean stop = new AtomicBoolean();
        AtomicReference<String> torn = new AtomicReference<>();
        CountDownLatch ready = new CountDownLatch(READERS);
        List<Thread> readers = new ArrayList<>();
        for (int i = 0; i < READERS; i++) {
            Thread thread = new Thread(() -> read(ready, stop, torn));
            readers.add(thread);
            thread.start();
        }
        ready.await();
        long[] ids = readers.stream().mapToLong(Thread::getId).toArray();
        long before = blocked(ids);
        for (VersionArtifact version : announced) {
            served.accept(version, reader);
        }
        for (ModelVersion version : versions) {
            served.accept(version);
        }
        long after = blocked(ids);
        stop.set(true);
        for (Thread thread : readers) {
            thread.join();
        }

        assertThat(torn.get()).isNull();
        assertThat(after - before)
                .as("times a reader was kept waiting by a lock")
                .isZero();
        assertThat(current().version()).isEqualTo(VERSIONS);
    }

    private static long blocked(long[] ids) {
        long count = 0;
        for (ThreadInfo info : ManagementFactory.getThreadMXBean().getThreadInfo(ids)) {
            count += info.getBlockedCount() + info.getWaitedCount();
        }
        return count;
    }

    private void read(CountDownLatch ready, AtomicBoolean stop, AtomicReference<String> torn) {
        double[] ones = new double[FEATURES];
        Arrays.fill(ones, 1);
        long last = 0;
        for (long reads = 0; !stop.get(); reads++) {
            if (reads == WARM_UP) {
                ready.countDown();
            }
            ServedModel model = current();
            for (double logit : model.logits(ones)) {
                // FEATURES parameters and the intercept, each as large as the version's number.
                if (logit != model.version() * (FEATURES + 1.0) || model.version() < last) {
                    torn.compareAndSet(null, "version " + model.version() + " after " + last + ": logit " + logit);
                }
            }
            last = model.version();
        }
    }

    @Test
    void shouldServeByDeltaWhatTheParentLeadsTo() throws IOException {
        List<ModelVersion> versions = new Versions(spec, 1).chain(3);
        List<VersionArtifact> announced = store(versions);
        served.accept(versions.get(0));
        // Only the deltas are left.
        for (VersionArtifact version : announced) {
            Files.delete(weights(version));
        }

        served.accept(announced.get(1), reader);
        served.accept(announced.get(2), reader);

        assertThat(current().digest()).isEqualTo(versions.get(2).getDigest());
        assertThat(current().logits(new double[FEATURES])).hasSize(CLASSES);
    }

    @Test
    void shouldFallBackToTheWholeWeights() throws IOException {
        List<VersionArtifact> announced = store(new Versions(spec, 1).chain(4));

        served.accept(announced.get(0), reader);
        served.accept(announced.get(2), reader);
        assertThat(current().version()).as("a version was left out").isEqualTo(3);
        Path delta = weights(announced.get(3)).resolveSibling("delta.safetensors");
        Files.write(delta, new byte[] {1, 2, 3});
        served.accept(announced.get(3), reader);

        assertThat(current().version()).as("the delta is damaged").isEqualTo(4);
    }

    @Test
    void shouldKeepItsVersionWhereTheNextIsDamaged() throws IOException {
        List<ModelVersion> versions = new Versions(spec, 1).chain(3);
        List<VersionArtifact> announced = store(versions);
        served.accept(announced.get(0), reader);
        Path weights = weights(announced.get(1));
        byte[] damaged = Files.readAllBytes(weights);
        damaged[damaged.length - 1] ^= 1;
        Files.write(weights, damaged);
        Files.delete(weights.resolveSibling("delta.safetensors"));
        versions.get(1).put("digest", versions.get(2).getDigest());

        assertThatThrownBy(() -> served.accept(announced.get(1), reader))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("damaged");
        assertThatThrownBy(() -> served.accept(versions.get(1))).isInstanceOf(IOException.class);

        assertThat(current().version()).isEqualTo(1);
        served.accept(announced.get(2), reader);
        assertThat(current().version()).isEqualTo(3);
    }

    /** It may be as large as it likes: a follower reads no more than its model can have. */
    @Test
    void shouldNotReadAnOversizedFile() throws IOException {
        List<VersionArtifact> announced = store(new Versions(spec, 1).chain(2));
        served.accept(announced.get(0), reader);
        Path weights = weights(announced.get(1));
        Files.delete(weights.resolveSibling("delta.safetensors"));
        try (var file = new RandomAccessFile(weights.toFile(), "rw")) {
            file.setLength(1L << 40);
        }

        assertThatThrownBy(() -> served.accept(announced.get(1), reader))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("expected at most");
        assertThat(current().version()).isEqualTo(1);
    }

    /** A network's parameters are those of its layers, not of one matrix between features and classes. */
    @Test
    void shouldServeANetworkOutOfAStore() throws IOException {
        Path file = folder.resolve("network.yaml");
        Files.writeString(
                file,
                "{id: digits, dataset: d, family: network, classes: [a, b], features: 4,"
                        + " network: {layers: [{linear: 2000}, relu, {linear: 2}]}}");
        ModelSpec deep = ModelFile.read(file);
        double[] theta = new Random(3)
                .doubles(NetworkSpecs.architecture(deep).parameters(), -1, 1)
                .toArray();
        ModelVersion version = ModelVersion.newBuilder(
                        new Versions(spec, 1).chain(1).get(0))
                .setTheta(Doubles.toBuffer(theta))
                .setDigest(VersionFiles.digest(deep, theta))
                .build();
        List<VersionArtifact> announced = Stored.write(folder, deep, List.of(version));
        ModelSwitch network = new ModelSwitch(deep, false);

        network.accept(announced.get(0), reader);

        assertThat(network.current().orElseThrow().logits(new double[4])).hasSize(2);
    }

    @Test
    void shouldGoBackOnlyWhereItFollowsTheChampion() throws IOException {
        List<ModelVersion> versions = new Versions(spec, 1).chain(3);
        ModelSwitch champion = new ModelSwitch(spec, true);
        champion.accept(versions.get(2));
        champion.accept(versions.get(0));

        assertThat(champion.current().orElseThrow().version()).isEqualTo(1);
        champion.accept(new Target.Numbered(2, versions.get(1).getDigest()), storeReader(versions));
        assertThat(champion.current().orElseThrow().version()).isEqualTo(2);
        assertThatThrownBy(() ->
                        champion.accept(new Target.Numbered(3, versions.get(0).getDigest()), storeReader(versions)))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("is not in the store, or with another digest");
    }

    private ArtifactReader storeReader(List<ModelVersion> versions) throws IOException {
        store(versions);
        return reader;
    }

    @Test
    void shouldNotGoBack() throws IOException {
        List<ModelVersion> versions = new Versions(spec, 1).chain(2);

        served.accept(versions.get(1));
        served.accept(versions.get(0));

        assertThat(current().version()).isEqualTo(2);
    }

    @Test
    void shouldRefuseFeaturesThatDoNotFit() throws IOException {
        served.accept(new Versions(spec, 1).chain(1).get(0));

        assertThatThrownBy(() -> current().logits(new double[2])).hasMessageContaining("expected 16 finite values");
        assertThat(current().predictedClass(new double[FEATURES])).startsWith("class ");
    }

    private Path weights(VersionArtifact version) {
        return folder.resolve(Versions.MODEL + "/artifacts/" + version.getArtifact() + "/weights.safetensors");
    }
}
