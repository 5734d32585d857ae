package dev.lethe.streams.store;

import dev.lethe.streams.LetheException;
import dev.lethe.streams.publish.AtomicFiles;
import dev.lethe.unlearn.format.FileFormatException;
import dev.lethe.unlearn.network.TrainingState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Trainings that were begun, as files: one folder per model, one file in it, named by the digest of the rows that are
 * trained on. It holds what these rows have left in the parameters, so it goes when one of them changes.
 */
public final class Checkpoints {
    private static final Logger LOG = LoggerFactory.getLogger(Checkpoints.class);
    private static final String ENDING = ".safetensors";
    /** A file this old belongs to a model that another process has taken over. */
    private static final Duration OLDEST = Duration.ofDays(1);

    private final Path root;
    private final Duration interval;

    private Checkpoints(Path root, Duration interval) {
        this.root = root;
        this.interval = interval;
    }

    /**
     * Those of one process.
     *
     * @param root made where it is missing; files in it that nobody came back to are deleted
     * @param interval between two of one training, at least
     */
    public static Checkpoints open(Path root, Duration interval) {
        try {
            Files.createDirectories(root);
            Instant limit = Instant.now().minus(OLDEST);
            for (Path folder : list(root)) {
                for (Path file : list(folder)) {
                    if (Files.getLastModifiedTime(file).toInstant().isBefore(limit)) {
                        Files.delete(file);
                    }
                }
            }
            return new Checkpoints(root, interval);
        } catch (IOException e) {
            throw new LetheException("folder " + root + " of training checkpoints cannot be used (" + e + ")", e);
        }
    }

    private static List<Path> list(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.toList();
        }
    }

    /** That of a model's next training. */
    public Checkpoint of(String modelId) {
        return new Checkpoint(root.resolve(modelId), interval);
    }

    /** For a training whose checkpoints are not kept. */
    public static Checkpoint none() {
        return new Checkpoint(null, Duration.ofDays(365));
    }

    /** One training's. For several threads: the one that trains saves, another may discard. */
    public static final class Checkpoint {
        private final Path folder;
        private final Duration interval;
        private boolean discarded;

        private Checkpoint(Path folder, Duration interval) {
            this.folder = folder;
            this.interval = interval;
            this.discarded = folder == null;
        }

        /** Between two saves, at least. */
        public Duration interval() {
            return interval;
        }

        /**
         * The state that was reached over the rows of this digest. Files of other rows are deleted, and one that cannot be
         * read.
         */
        public synchronized Optional<TrainingState> load(String digest, int parameters) {
            if (discarded) {
                return Optional.empty();
            }
            Path file = file(digest);
            try {
                delete(file);
                return Files.exists(file)
                        ? Optional.of(TrainingState.fromBytes(file.toString(), Files.readAllBytes(file), parameters))
                        : Optional.empty();
            } catch (IOException | FileFormatException e) {
                LOG.atWarn()
                        .addKeyValue("file", file)
                        .setCause(e)
                        .log("checkpoint cannot be read: trained from the start");
                discardFiles();
                return Optional.empty();
            }
        }

        /** Replaces the file, unless it was discarded. A disk that takes none costs the resumption, not the training. */
        public synchronized void save(String digest, TrainingState state) {
            if (discarded) {
                return;
            }
            try {
                AtomicFiles.write(file(digest), state.toBytes());
            } catch (IOException e) {
                LOG.atWarn().addKeyValue("folder", folder).setCause(e).log("checkpoint cannot be written");
            }
        }

        /** Deletes it; nothing is saved any more. */
        public synchronized void discard() {
            if (!discarded) {
                discarded = true;
                discardFiles();
            }
        }

        private void discardFiles() {
            try {
                delete(null);
            } catch (IOException e) {
                LOG.atError().addKeyValue("folder", folder).setCause(e).log("checkpoint cannot be deleted: delete it");
            }
        }

        private void delete(Path except) throws IOException {
            for (Path file : list(folder)) {
                if (!file.equals(except)) {
                    Files.delete(file);
                }
            }
        }

        private Path file(String digest) {
            return folder.resolve(digest + ENDING);
        }
    }
}
