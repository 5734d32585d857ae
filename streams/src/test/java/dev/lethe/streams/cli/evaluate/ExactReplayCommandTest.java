package dev.lethe.streams.cli.evaluate;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lethe.streams.cli.Lethe;
import dev.lethe.unlearn.format.ModelWeights;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command on 100 rows in batches of 10: 20 steps over two epochs, a checkpoint every third one. */
class ExactReplayCommandTest {

    private static final String MODEL = """
            id: net
            dataset: tiny
            family: network
            classes: ["a", "b"]
            features: 3
            network: {layers: [{linear: 5}, tanh, {linear: 2}], epochs: 2, batch: 10, heldOut: 0, rate: 0.01}
            """;

    @TempDir
    private Path folder;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();
    private String every = "3";

    @BeforeEach
    void writeFiles() throws Exception {
        model(MODEL);
        rows(100);
    }

    private void model(String text) throws Exception {
        Files.writeString(folder.resolve("model.yaml"), text);
    }

    private void rows(int count) throws Exception {
        Random random = new Random(5);
        List<String> lines = new ArrayList<>(List.of("sample_id,subject_id,label,f0,f1,f2"));
        for (int i = 0; i < count; i++) {
            String line = "s" + i + ",person" + i / 2 + "," + (char) ('a' + i % 2);
            for (int j = 0; j < 3; j++) {
                line += String.format(Locale.ROOT, ",%.4f", i % 2 + random.nextGaussian());
            }
            lines.add(line);
        }
        Files.write(folder.resolve("rows.csv"), lines);
    }

    private int run(String to, String... arguments) {
        out.getBuffer().setLength(0);
        err.getBuffer().setLength(0);
        Stream<String> begin = Stream.of(
                "evaluate",
                "exact-replay",
                "--model",
                folder.resolve("model.yaml").toString(),
                "--samples",
                folder.resolve("rows.csv").toString(),
                "--every",
                every,
                "--out",
                folder.resolve(to).toString());
        return Lethe.commandLine()
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true))
                .execute(Stream.concat(begin, Stream.of(arguments)).toArray(String[]::new));
    }

    private List<String> table(String from) throws Exception {
        return Files.readAllLines(folder.resolve(from).resolve("exact-replay.csv"));
    }

    private byte[] weights(String from) throws Exception {
        return Files.readAllBytes(folder.resolve(from).resolve("weights.safetensors"));
    }

    @Test
    void shouldForgetExactlyAndSayWhatItTook() throws Exception {
        assertThat(run("out", "--order", "file", "--forget", "s75,s99", "--verify"))
                .as(err.toString())
                .isZero();
        assertThat(table("out"))
                .contains(
                        "samples forgotten,2",
                        "steps in all,20",
                        "first step that used one,8",
                        "steps replayed,14",
                        "steps trained before,20",
                        "equal to training without,yes");
        assertThat(out.toString()).contains("first step that used one", "equal to training without");
        JsonNode manifest = new ObjectMapper()
                .readTree(folder.resolve("out").resolve("manifest.json").toFile());
        assertThat(manifest.get("kind").asText()).isEqualTo("EXACT_REPLAY");
        assertThat(manifest.get("rows").asInt()).isEqualTo(98);
        assertThat(manifest.get("rows_forgotten").asInt()).isEqualTo(2);
        assertThat(manifest.get("equal_to_training_without").asBoolean()).isTrue();
        assertThat(manifest.get("family").asText()).isEqualTo("network");
        assertThat(manifest.get("digest").asText()).isEqualTo(ModelWeights.digest(weights("out")));
    }

    @Test
    void shouldForgetMoreFromKeptCheckpointsWithoutTrainingAgain() throws Exception {
        String kept = folder.resolve("kept").toString();
        assertThat(run("one", "--checkpoints", kept, "--order", "file", "--forget", "s31"))
                .as(err.toString())
                .isZero();
        assertThat(table("one")).contains("steps trained before,20", "first step that used one,4", "steps replayed,17");
        assertThat(table("one")).contains("equal to training without,not verified");
        assertThat(run("two", "--checkpoints", kept, "--order", "file", "--subjects", "person49", "--verify"))
                .as(err.toString())
                .isZero();
        assertThat(table("two"))
                .contains(
                        "samples forgotten,2",
                        "steps trained before,0",
                        "first step that used one,10",
                        "steps replayed,11",
                        "equal to training without,yes");
        assertThat(run("all", "--order", "file", "--forget", "s31,s98,s99")).isZero();
        assertThat(weights("two")).isEqualTo(weights("all")).isNotEqualTo(weights("one"));
        assertThat(run("again", "--checkpoints", kept, "--order", "file", "--forget", "s31"))
                .isZero();
        assertThat(table("again")).contains("samples forgotten,0", "first step that used one,none", "steps replayed,0");
        assertThat(weights("again")).isEqualTo(weights("two"));
    }

    /** Whoever damaged the checkpoints is found out, and nothing is written. */
    @Test
    void shouldSayWhenAReplayIsNotEqual() throws Exception {
        Path kept = folder.resolve("kept");
        assertThat(run("out", "--checkpoints", kept.toString()))
                .as(err.toString())
                .isZero();
        for (Path file : checkpoints(kept)) {
            byte[] bytes = Files.readAllBytes(file);
            bytes[bytes.length - 3] ^= 1;
            Files.write(file, bytes);
        }
        assertThat(run("wrong", "--checkpoints", kept.toString(), "--verify")).isEqualTo(Lethe.TO_DO);
        assertThat(out.toString()).contains("equal to training without", "NO");
        assertThat(folder.resolve("wrong")).doesNotExist();
    }

    private static List<Path> checkpoints(Path kept) throws Exception {
        try (Stream<Path> files = Files.list(kept)) {
            return files.filter(f -> f.toString().endsWith(".safetensors")).collect(Collectors.toList());
        }
    }

    @Test
    void shouldRefuseCheckpointsOfAnotherTraining() throws Exception {
        String kept = folder.resolve("kept").toString();
        assertThat(run("out", "--checkpoints", kept)).as(err.toString()).isZero();
        assertThat(checkpoints(Path.of(kept))).hasSize(7);
        assertThat(run("out", "--checkpoints", kept, "--order", "file")).isEqualTo(Lethe.FAILED);
        assertThat(err.toString()).contains("training.json", "another training: plan");
        rows(101);
        assertThat(run("out", "--checkpoints", kept)).isEqualTo(Lethe.FAILED);
        assertThat(err.toString()).contains("another training: digest of the rows");
        assertThat(run("out", "--checkpoints", folder.toString())).isEqualTo(Lethe.FAILED);
        assertThat(err.toString()).contains("expected an empty folder");
        Files.writeString(Path.of(kept).resolve("training.json"), "{");
        assertThat(run("out", "--checkpoints", kept)).isEqualTo(Lethe.FAILED);
        assertThat(err.toString()).contains("damaged");
    }

    @Test
    void shouldSayWhatIsWrong() throws Exception {
        assertThat(run("out", "--forget", "s1,beauty")).isEqualTo(Lethe.FAILED);
        assertThat(err.toString()).contains("--forget", "[beauty]");
        assertThat(run("out", "--subjects", "person1,secret")).isEqualTo(Lethe.FAILED);
        assertThat(err.toString()).contains("--subjects", "1 of 2").doesNotContain("secret");
        every = "0";
        assertThat(run("out")).isEqualTo(Lethe.FAILED);
        assertThat(err.toString()).contains("--every: expected at least 1, got 0");
        every = "3";
        model(MODEL.replace("tanh", "residual"));
        assertThat(run("out")).isEqualTo(Lethe.FAILED);
        assertThat(err.toString()).contains("layer 1", "residual", "expected one of linear");
        model("id: lin\ndataset: tiny\nfamily: softmax\nclasses: [a, b]\nfeatures: 3\nl2: 1\n");
        assertThat(run("out", "--forget", "s1")).isEqualTo(Lethe.FAILED);
        assertThat(err.toString()).contains("model lin", "expected family network, got softmax");
    }

    @Test
    void shouldLeaveSamplesToTrainOn() throws Exception {
        model(MODEL.replace("heldOut: 0,", "heldOut: 0.5,"));
        String all = Stream.iterate(0, i -> i + 1).limit(100).map(i -> "s" + i).collect(Collectors.joining(","));
        assertThat(run("out", "--forget", all)).isEqualTo(Lethe.FAILED);
        assertThat(err.toString()).contains("none but those to forget");
        assertThat(run("out")).as(err.toString()).isZero();
        assertThat(table("out")).anyMatch(line -> line.startsWith("test loss after"));
    }
}
