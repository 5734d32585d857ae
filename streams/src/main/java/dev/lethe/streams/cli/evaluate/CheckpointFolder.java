package dev.lethe.streams.cli.evaluate;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lethe.streams.LetheException;
import dev.lethe.streams.publish.AtomicFiles;
import dev.lethe.unlearn.format.FileFormatException;
import dev.lethe.unlearn.network.TrainingCheckpoints;
import dev.lethe.unlearn.network.TrainingState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * Checkpoints of one training as files of a folder: {@code ROWS-STEP.safetensors}, named by the digest of the rows, and
 * {@code training.json}, which says what they are checkpoints of. The files hold what the rows have left in the parameters.
 */
final class CheckpointFolder implements TrainingCheckpoints {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String ABOUT = "training.json";
    private static final String ENDING = ".safetensors";

    /**
     * What the training's bits depend on.
     *
     * @param plan layers, loss, optimizer, order, seed
     * @param rows digest of all rows, the forgotten ones included
     * @param platform that computed them
     */
    record Training(String plan, String rows, String platform) {}

    /** @param forgotten keys of the rows that the checkpoints do without */
    private record About(Training training, SortedSet<String> forgotten) {
        boolean whole() {
            return training != null && forgotten != null;
        }
    }

    private final Path folder;
    private final int parameters;
    private About about;

    private CheckpointFolder(Path folder, int parameters, About about) {
        this.folder = folder;
        this.parameters = parameters;
        this.about = about;
    }

    /**
     * Opens a folder, which is made where it is missing.
     *
     * @throws LetheException if it holds something else, or checkpoints of other rows, another plan or platform
     */
    static CheckpointFolder open(Path path, Training training, int parameters) {
        try {
            Files.createDirectories(path);
            Path file = path.resolve(ABOUT);
            if (Files.exists(file)) {
                return new CheckpointFolder(path, parameters, read(file, training));
            }
            try (Stream<Path> others = Files.list(path)) {
                if (others.findAny().isPresent()) {
                    throw wrong(path, "expected an empty folder, or one with a " + ABOUT + "; take another");
                }
            }
            CheckpointFolder fresh = new CheckpointFolder(path, parameters, new About(training, new TreeSet<>()));
            fresh.remember(new TreeSet<>());
            return fresh;
        } catch (IOException e) {
            throw failed(path, e);
        }
    }

    private static About read(Path file, Training expected) throws IOException {
        About about;
        try {
            about = JSON.readValue(file.toFile(), About.class);
        } catch (JsonProcessingException e) {
            throw new LetheException("--checkpoints " + file + ": damaged; remove the folder", e);
        }
        if (!about.whole()) {
            throw wrong(file, "damaged; remove the folder");
        }
        requireSame(file, "plan", expected.plan, about.training.plan);
        requireSame(file, "digest of the rows", expected.rows, about.training.rows);
        requireSame(file, "platform", expected.platform, about.training.platform);
        return about;
    }

    private static void requireSame(Path file, String what, String expected, String got) {
        if (!expected.equals(got)) {
            throw wrong(
                    file,
                    "checkpoints of another training: " + what + ": expected " + expected + ", got " + got
                            + "; take another folder, or the same model, samples and order as before");
        }
    }

    /** Keys of the rows that the checkpoints do without. */
    SortedSet<String> forgotten() {
        return new TreeSet<>(about.forgotten);
    }

    /** Sets {@link #forgotten}: after the checkpoints that these rows had a part in are deleted. */
    void remember(Collection<String> keys) {
        about = new About(about.training, new TreeSet<>(keys));
        try {
            AtomicFiles.write(folder.resolve(ABOUT), JSON.writeValueAsBytes(about));
        } catch (IOException e) {
            throw failed(folder, e);
        }
    }

    @Override
    public void save(TrainingState state) {
        try {
            AtomicFiles.write(file(state.step()), state.toBytes());
        } catch (IOException e) {
            throw failed(folder, e);
        }
    }

    @Override
    public Optional<TrainingState> last(long steps) {
        var entry = files().floorEntry(steps);
        if (entry == null) {
            return Optional.empty();
        }
        String name = entry.getValue().toString();
        try {
            TrainingState state = TrainingState.fromBytes(name, Files.readAllBytes(entry.getValue()), parameters);
            if (state.step() != entry.getKey()) {
                throw new FileFormatException(name, "expected step " + entry.getKey() + ", got " + state.step());
            }
            return Optional.of(state);
        } catch (IOException e) {
            throw failed(entry.getValue(), e);
        }
    }

    @Override
    public void deleteAfter(long steps) {
        for (Path file : files().tailMap(steps, false).values()) {
            try {
                Files.delete(file);
            } catch (IOException e) {
                throw failed(file, e);
            }
        }
    }

    private TreeMap<Long, Path> files() {
        TreeMap<Long, Path> files = new TreeMap<>();
        String begin = about.training.rows + "-";
        try (Stream<Path> all = Files.list(folder)) {
            for (Path file : (Iterable<Path>) all::iterator) {
                String name = file.getFileName().toString();
                if (name.startsWith(begin) && name.endsWith(ENDING)) {
                    String step = name.substring(begin.length(), name.length() - ENDING.length());
                    if (step.matches("\\d{1,18}")) {
                        files.put(Long.parseLong(step), file);
                    }
                }
            }
        } catch (IOException e) {
            throw failed(folder, e);
        }
        return files;
    }

    private Path file(long step) {
        return folder.resolve(about.training.rows + "-" + step + ENDING);
    }

    private static LetheException wrong(Path where, String problem) {
        return new LetheException("--checkpoints " + where + ": " + problem);
    }

    private static LetheException failed(Path where, IOException e) {
        return new LetheException("--checkpoints " + where + " cannot be used (" + e + ")", e);
    }
}
