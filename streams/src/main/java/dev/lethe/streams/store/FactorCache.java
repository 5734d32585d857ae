package dev.lethe.streams.store;

import dev.lethe.streams.LetheException;
import dev.lethe.unlearn.correction.FactorSnapshot;
import dev.lethe.unlearn.curvature.DenseFactor;
import dev.lethe.unlearn.objective.Objective;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.rocksdb.RocksDBException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Snapshots of the factors of this process's models, so that a start need not make a pass for each. Only a cache: what
 * cannot be read, does not fit or is ahead of the stream's committed state is discarded with a warning, and the factor is
 * rebuilt by a pass. Thread-safe; every method reads or writes the disk, so none belongs on a stream thread.
 */
public final class FactorCache implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(FactorCache.class);

    private static final int READ_ATTEMPTS = 5;

    /** A model that another process took over has its changes there: what is left here still remembers erased rows. */
    private static final Duration MAX_LEFT_BEHIND = Duration.ofHours(1);

    private final Path directory;
    private final FactorDatabase database;
    private final long opened = System.currentTimeMillis();
    /** Models that this process serves now. */
    private final Set<String> served = ConcurrentHashMap.newKeySet();

    /** A factor out of a snapshot: the caller owns it. */
    public record Restored(DenseFactor factor, FactorSnapshot snapshot, long applied) {}

    private FactorCache(Path directory, FactorDatabase database) {
        this.directory = directory;
        this.database = database;
    }

    /**
     * Opens the directory; one that is damaged is emptied first.
     *
     * @throws LetheException if it cannot be written
     */
    public static FactorCache open(Path directory) {
        try {
            Files.createDirectories(directory);
            try {
                return new FactorCache(directory, FactorDatabase.open(directory));
            } catch (RocksDBException e) {
                log.atWarn()
                        .addKeyValue("dir", directory)
                        .addKeyValue("reason", e.getMessage())
                        .log("snapshots of factors cannot be read and are discarded; passes will rebuild the factors");
                empty(directory);
                return new FactorCache(directory, FactorDatabase.open(directory));
            }
        } catch (IOException | UncheckedIOException | RocksDBException e) {
            throw new LetheException(
                    "directory " + directory + " for snapshots of factors cannot be used (" + e.getMessage()
                            + "): check that it is writable and its disk not full",
                    e);
        }
    }

    private static void empty(Path directory) throws IOException {
        try (Stream<Path> all = Files.walk(directory)) {
            for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                if (!path.equals(directory)) {
                    Files.delete(path);
                }
            }
        }
    }

    /** What is kept in a directory now, whether or not a service is running on it. */
    public static List<FactorLine> list(Path directory) {
        if (!Files.exists(directory.resolve("CURRENT"))) {
            return List.of();
        }
        RocksDBException last = null;
        for (int attempt = 0; attempt < READ_ATTEMPTS; attempt++) {
            try (var database = FactorDatabase.openToRead(directory)) {
                return database.lines(null);
            } catch (RocksDBException e) {
                // The service that owns it may have replaced a file in between.
                last = e;
            }
        }
        throw new LetheException(
                "snapshots of factors in " + directory + " cannot be read (" + last.getMessage() + "): try again",
                last);
    }

    /**
     * The snapshot of a factor built at this θ, if there is one that is not ahead of the stream.
     *
     * @param theta θ_P. Not modified.
     * @param newest number of the newest change that is committed
     */
    public Optional<Restored> load(String modelId, Objective objective, double[] theta, long newest) {
        String digest = FactorKey.of(modelId, theta, 0).digest();
        for (FactorLine line : database.lines(modelId)) {
            FactorKey key = line.key();
            if (key.digest().equals(digest) && key.applied() <= newest) {
                return read(key, objective);
            }
            discarded(key, key.applied() > newest ? "ahead of the stream" : "of another factor");
        }
        return Optional.empty();
    }

    private Optional<Restored> read(FactorKey key, Objective objective) {
        try {
            byte[] bytes = database.read(key).orElseThrow(() -> new IllegalArgumentException("its bytes are missing"));
            FactorSnapshot snapshot = FactorSnapshot.decode(bytes);
            DenseFactor factor = DenseFactor.restore(objective, snapshot.factor());
            return Optional.of(new Restored(factor, snapshot, key.applied()));
        } catch (RocksDBException | IllegalArgumentException e) {
            discarded(key, e.getMessage());
            return Optional.empty();
        }
    }

    private static void discarded(FactorKey key, String reason) {
        log.atWarn()
                .addKeyValue("model", key.modelId())
                .addKeyValue("applied", key.applied())
                .addKeyValue("reason", reason)
                .log("snapshot of a factor discarded; a pass rebuilds it");
    }

    /** The model is served by this process from now on. */
    public void enter(String modelId) {
        served.add(modelId);
    }

    /** The model is not served by this process any more. */
    public void leave(String modelId) {
        served.remove(modelId);
    }

    /** Keeps a snapshot in the place of the model's earlier one. Returns whether it is on the disk now. */
    public boolean keep(String modelId, long applied, FactorSnapshot snapshot) {
        try {
            FactorKey key = FactorKey.of(modelId, snapshot.theta(), applied);
            long now = System.currentTimeMillis();
            database.replace(key, snapshot.encode(), now);
            forgetLeftBehind(now);
            return true;
        } catch (RocksDBException e) {
            log.atWarn()
                    .addKeyValue("dir", directory)
                    .addKeyValue("model", modelId)
                    .addKeyValue("reason", e.getMessage())
                    .log("snapshot of a factor cannot be written; a start will make a pass instead");
            return false;
        }
    }

    /** Not soon after the start: models may still be on their way here. */
    void forgetLeftBehind(long now) throws RocksDBException {
        if (now - opened < MAX_LEFT_BEHIND.toMillis()) {
            return;
        }
        for (FactorLine line : database.lines(null)) {
            String model = line.key().modelId();
            if (!served.contains(model) && now - line.writtenAt() > MAX_LEFT_BEHIND.toMillis()) {
                database.delete(model);
            }
        }
    }

    /** Forgets a model's snapshots; when this returns they are gone from the disk. */
    public void forget(String modelId) {
        try {
            database.delete(modelId);
        } catch (RocksDBException e) {
            throw new LetheException(
                    "snapshots of model " + modelId + " in " + directory + " cannot be deleted (" + e.getMessage()
                            + "): stop the service and delete the directory",
                    e);
        }
    }

    @Override
    public void close() {
        database.close();
    }
}
