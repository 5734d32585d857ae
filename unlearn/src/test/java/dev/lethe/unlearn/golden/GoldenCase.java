package dev.lethe.unlearn.golden;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lethe.unlearn.objective.Family;
import dev.lethe.unlearn.objective.Intercept;
import dev.lethe.unlearn.objective.Objective;
import dev.lethe.unlearn.objective.Row;
import dev.lethe.unlearn.objective.RowChange;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Assumptions;

/** One folder of reference answers, with its rows. */
public final class GoldenCase {

    /** A set of changes and what is expected after it. */
    public record ChangeSet(String name, List<RowChange> changes, List<Row> today, double[] exact, double[] newton) {
        @Override
        public String toString() {
            return name;
        }
    }

    private final Path folder;
    private final JsonNode json;
    private final Objective objective;
    private final List<Row> rows;

    private GoldenCase(Path folder) {
        this.folder = folder;
        this.json = readJson(folder.resolve("case.json"));
        Family family = Family.valueOf(json.get("model").asText().toUpperCase(Locale.ROOT));
        Intercept intercept = Intercept.valueOf(json.get("intercept").asText().toUpperCase(Locale.ROOT));
        int columns = json.get("d").asInt();
        int features = intercept == Intercept.NONE ? columns : columns - 1;
        int outputs = json.get("K").isNull() ? 1 : json.get("K").asInt();
        this.objective = new Objective(
                family, features, outputs, intercept, json.get("Lam").asDouble());
        this.rows = folder.endsWith("mnist38_logistic") ? mnist38("train") : rowsOf(columns);
    }

    /** A further array of the case. */
    public double[][] array(String name) {
        Npy npy = Npy.read(folder.resolve(name + ".npy"));
        int rows = npy.shape()[0];
        int width = npy.values().length / rows;
        double[][] out = new double[rows][];
        for (int i = 0; i < rows; i++) {
            out[i] = Arrays.copyOfRange(npy.values(), i * width, (i + 1) * width);
        }
        return out;
    }

    /** A list of row numbers of case.json. */
    public int[] numbers(String name) {
        int[] out = new int[json.get(name).size()];
        for (int i = 0; i < out.length; i++) {
            out[i] = json.get(name).get(i).asInt();
        }
        return out;
    }

    /** Skips the running test, saying so, where the reference answers are absent. */
    public static GoldenCase open(String name) {
        return new GoldenCase(shared().resolve("golden").resolve(name));
    }

    /** The folder of shared reference data. */
    public static Path shared() {
        Optional<Path> found = find();
        Assumptions.assumeTrue(
                found.isPresent(),
                "no shared/golden folder above " + Path.of("").toAbsolutePath());
        return found.orElseThrow();
    }

    private static Optional<Path> find() {
        String named = System.getProperty("lethe.shared");
        if (named != null) {
            return Optional.of(Path.of(named));
        }
        for (Path at = Path.of("").toAbsolutePath(); at != null; at = at.getParent()) {
            Path shared = at.resolve("shared");
            if (Files.isDirectory(shared.resolve("golden"))) {
                return Optional.of(shared);
            }
        }
        return Optional.empty();
    }

    public static JsonNode readJson(Path file) {
        try {
            return new ObjectMapper().readTree(file.toFile());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public Objective objective() {
        return objective;
    }

    public List<Row> rows() {
        return rows;
    }

    public double[] thetaFull() {
        return Npy.read(folder.resolve("theta_full.npy")).values();
    }

    public List<ChangeSet> sets() {
        Npy exact = Npy.read(folder.resolve("exact_fixed.npy"));
        Npy newton = Npy.read(folder.resolve("newton_fixed.npy"));
        List<ChangeSet> sets = new ArrayList<>();
        for (JsonNode set : json.get("sets")) {
            int index = sets.size();
            sets.add(changeSet(set, exact.row(index), newton.row(index)));
        }
        return sets;
    }

    public ChangeSet set(String name) {
        return sets().stream().filter(s -> s.name().equals(name)).findFirst().orElseThrow();
    }

    private ChangeSet changeSet(JsonNode set, double[] exact, double[] newton) {
        List<Row> today = new ArrayList<>(rows);
        List<RowChange> changes = new ArrayList<>();
        for (int i = 0; i < set.get("relabel_rows").size(); i++) {
            int at = set.get("relabel_rows").get(i).asInt();
            Row before = rows.get(at);
            double[] label = {set.get("new_labels").get(i).asDouble()};
            Row after = new Row(before.x(), label, before.weight());
            today.set(at, after);
            changes.add(RowChange.replace(before, after));
        }
        for (JsonNode at : set.get("delete_rows")) {
            today.set(at.asInt(), null);
            changes.add(RowChange.remove(rows.get(at.asInt())));
        }
        today.removeIf(row -> row == null);
        return new ChangeSet(set.get("name").asText(), changes, today, exact, newton);
    }

    private List<Row> rowsOf(int columns) {
        boolean bytes = Files.exists(folder.resolve("X_u8.npy"));
        Npy x = Npy.read(folder.resolve(bytes ? "X_u8.npy" : "X.npy"));
        Npy y = Npy.read(folder.resolve("y.npy"));
        List<Row> out = new ArrayList<>();
        for (int i = 0; i < x.shape()[0]; i++) {
            double[] stored = x.row(i);
            double[] row = stored;
            if (bytes) {
                row = new double[columns];
                for (int j = 0; j < stored.length; j++) {
                    row[j] = stored[j] / 255;
                }
                row[columns - 1] = 1;
            }
            out.add(new Row(row, new double[] {y.values()[i]}, 1));
        }
        return out;
    }

    /** Digits 3 (+1) and 8 (−1) in file order, x/255 − 0.5, each row scaled to length 1. @param part train, t10k */
    public static List<Row> mnist38(String part) {
        Path data = shared().resolve("data").resolve("mnist");
        List<Row> out = new ArrayList<>();
        try (DataInputStream images = gunzip(data.resolve(part + "-images-idx3-ubyte.gz"));
                DataInputStream labels = gunzip(data.resolve(part + "-labels-idx1-ubyte.gz"))) {
            images.skipNBytes(4);
            int count = images.readInt();
            byte[] pixels = new byte[images.readInt() * images.readInt()];
            labels.skipNBytes(8);
            for (int i = 0; i < count; i++) {
                images.readFully(pixels);
                int digit = labels.readUnsignedByte();
                if (digit == 3 || digit == 8) {
                    out.add(new Row(unit(pixels), new double[] {digit == 3 ? 1 : -1}, 1));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out;
    }

    private static DataInputStream gunzip(Path file) throws IOException {
        return new DataInputStream(
                new java.io.BufferedInputStream(new GZIPInputStream(Files.newInputStream(file)), 1 << 16));
    }

    private static double[] unit(byte[] pixels) {
        double[] x = new double[pixels.length];
        double square = 0;
        for (int j = 0; j < x.length; j++) {
            x[j] = (pixels[j] & 0xff) / 255.0 - 0.5;
            square += x[j] * x[j];
        }
        for (int j = 0; j < x.length; j++) {
            x[j] /= Math.sqrt(square);
        }
        return x;
    }
}
