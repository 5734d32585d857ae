package dev.lethe.streams.cli.evaluate;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lethe.streams.LetheException;
import dev.lethe.unlearn.valuation.Memorisation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.List;

/** The counts of `evaluate memorise` between two runs, with what they were counted over. */
final class MemoriseState {

    private static final ObjectMapper JSON = new ObjectMapper();

    /**
     * The file.
     *
     * @param ids a hash of the sample ids, in their order
     * @param counts as {@link Memorisation#state()} gives them
     */
    private record Content(int rows, int ids, double fraction, long seed, int[][] counts) {

        boolean sameRun(Content other) {
            return rows == other.rows && ids == other.ids && fraction == other.fraction && seed == other.seed;
        }

        boolean whole() {
            return counts != null
                    && counts.length == 4
                    && counts[0].length == 1
                    && Arrays.stream(counts).skip(1).allMatch(count -> count.length == rows);
        }
    }

    private final Path fileOrNull;
    private final List<String> ids;
    private final double fraction;
    private final long seed;

    MemoriseState(Path fileOrNull, List<String> ids, double fraction, long seed) {
        this.fileOrNull = fileOrNull;
        this.ids = ids;
        this.fraction = fraction;
        this.seed = seed;
    }

    /** What was counted so far; nothing where there is no file. @throws LetheException if it is of another run */
    Memorisation read() {
        if (fileOrNull == null || !Files.exists(fileOrNull)) {
            return new Memorisation(ids.size());
        }
        Content content;
        try {
            content = JSON.readValue(fileOrNull.toFile(), Content.class);
        } catch (JsonProcessingException e) {
            throw new LetheException("--state " + fileOrNull + ": damaged, or no file of this command: remove it", e);
        } catch (IOException e) {
            throw new LetheException("--state " + fileOrNull + " cannot be read (" + e + ")", e);
        }
        if (!content.sameRun(of(null)) || !content.whole()) {
            throw new LetheException("--state " + fileOrNull
                    + ": of other samples, another --fraction or another --seed:" + " take another file, or remove it");
        }
        return Memorisation.resume(content.counts());
    }

    private Content of(int[][] counts) {
        return new Content(ids.size(), ids.hashCode(), fraction, seed, counts);
    }

    /** In one piece: a run that is cut off leaves the counts of the model before. */
    void write(Memorisation memorisation) {
        if (fileOrNull == null) {
            return;
        }
        Path fresh = fileOrNull.resolveSibling(fileOrNull.getFileName() + ".new");
        try {
            JSON.writeValue(fresh.toFile(), of(memorisation.state()));
            Files.move(fresh, fileOrNull, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new LetheException("--state " + fileOrNull + " cannot be written (" + e + ")", e);
        }
    }
}
