package dev.lethe.streams.cli.evaluate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lethe.streams.cli.Lethe;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The evaluations on small files of images, as a user calls them. */
class EvaluateTest {

    @TempDir
    private Path folder;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @BeforeEach
    void writeFiles() throws Exception {
        Files.writeString(folder.resolve("model.yaml"), """
                id: tiny
                dataset: tiny
                family: softmax
                classes: ["a", "b", "c"]
                features: 4
                intercept: penalised
                l2: 1
                """);
        Random random = new Random(3);
        List<String> lines = new ArrayList<>(List.of("sample_id,subject_id,label,f0,f1,f2,f3"));
        for (int i = 0; i < 150; i++) {
            int k = i % 3;
            StringBuilder line = new StringBuilder("s" + i + ",," + (char) ('a' + k));
            for (int j = 0; j < 4; j++) {
                line.append(String.format(Locale.ROOT, ",%.4f", (j == k ? 2 : 0) + random.nextGaussian()));
            }
            lines.add(line.toString());
        }
        Files.write(folder.resolve("rows.csv"), lines);
    }

    private int run(String... arguments) {
        String[] whole = Stream.concat(
                        Stream.of(
                                "evaluate",
                                arguments[0],
                                "--model",
                                folder.resolve("model.yaml").toString(),
                                "--samples",
                                folder.resolve("rows.csv").toString(),
                                "--out",
                                folder.resolve("out").toString()),
                        Stream.of(arguments).skip(1))
                .toArray(String[]::new);
        return Lethe.commandLine()
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true))
                .execute(whole);
    }

    private List<String> table(String name) throws Exception {
        return Files.readAllLines(folder.resolve("out").resolve(name + ".csv"));
    }

    @Test
    void shouldCompareInfluenceWithRefits() throws Exception {
        assertThat(run("loo", "--rows", "30")).as(err.toString()).isZero();
        String[] downdated = table("loo").get(2).replace("\"", "").split(",");
        assertThat(table("loo").get(2)).contains("down-dated");
        assertThat(table("loo").get(3)).contains("moved");
        assertThat(Double.parseDouble(downdated[downdated.length - 3])).isGreaterThan(0.99);
        assertThat(ImageIO.read(folder.resolve("out").resolve("loo.png").toFile()))
                .isNotNull();
    }

    @Test
    void shouldTestOnTrainingRowsUnlessTheyAreHeldOut() {
        assertThat(run("loo", "--rows", "3")).as(err.toString()).isZero();
        assertThat(err.toString()).contains("150 training rows, 5 test rows that are training rows too");
        assertThat(run("loo", "--rows", "3", "--held-out", "--every", "10"))
                .as(err.toString())
                .isZero();
        assertThat(err.toString()).contains("135 training rows, 15 test rows, not trained on");
        assertThat(run("loo", "--every", "1")).isEqualTo(Lethe.FAILED);
    }

    @Test
    void shouldPredictWhereTheParametersGo() throws Exception {
        assertThat(run("parameters", "--rows", "10", "--groups", "4"))
                .as(err.toString())
                .isZero();
        List<String> lines = table("parameters");
        assertThat(lines).hasSize(5);
        for (int kind = 1; kind < 5; kind += 2) {
            String[] first = lines.get(kind).replace("\"", "").split(",");
            String[] curvature = lines.get(kind + 1).replace("\"", "").split(",");
            assertThat(Double.parseDouble(first[first.length - 5])).isGreaterThan(0.9);
            assertThat(Double.parseDouble(curvature[curvature.length - 1]))
                    .isLessThan(Double.parseDouble(first[first.length - 1]));
        }
        assertThat(folder.resolve("out").resolve("parameters-row.png")).isNotEmptyFile();
        assertThat(folder.resolve("out").resolve("parameters-group.png")).isNotEmptyFile();
        assertThat(run("parameters", "--rows", "2")).isEqualTo(Lethe.FAILED);
    }

    @Test
    void shouldRankTheScoresThatFindWrongLabels() throws Exception {
        assertThat(run("mislabel", "--seeds", "2")).as(err.toString()).isZero();
        assertThat(table("mislabel")).hasSize(8);
        assertThat(folder.resolve("out").resolve("mislabel.png")).isNotEmptyFile();
        assertThat(Double.parseDouble(table("mislabel").get(1).split(",")[1])).isGreaterThan(0.8);
    }

    @Test
    void shouldScoreSubsetsAndPrunedData() throws Exception {
        assertThat(run("lds", "--subsets", "8")).as(err.toString()).isZero();
        assertThat(table("lds").get(1)).startsWith("direct,8,0.50000,");
        assertThat(folder.resolve("out").resolve("lds.png")).isNotEmptyFile();
        assertThat(run("prune", "--fractions", "0.2,1")).as(err.toString()).isZero();
        assertThat(table("prune")).hasSize(7);
        assertThat(folder.resolve("out").resolve("prune-loss.png")).isNotEmptyFile();
    }

    @Test
    void shouldPruneByPrototypesAndKeepClassesBalanced() throws Exception {
        assertThat(run("prune", "--score", "prototypes", "--prototypes", "3", "--balanced", "--fractions", "0.2,1"))
                .as(err.toString())
                .isZero();
        assertThat(table("prune").get(1)).startsWith("easiest,24,");
        assertThat(run("prune", "--score", "beauty")).isEqualTo(Lethe.FAILED);
        assertThat(err.toString()).contains("--score", "el2n");
    }

    @Test
    void shouldEstimateGroupsBetterWithTheirCurvature() throws Exception {
        assertThat(run("groups", "--fraction", "0.2", "--groups", "6"))
                .as(err.toString())
                .isZero();
        double first = Double.parseDouble(table("groups").get(1).split(",")[2]);
        double newton = Double.parseDouble(table("groups").get(2).split(",")[2]);
        assertThat(newton).isLessThan(first);
        assertThat(folder.resolve("out").resolve("groups.png")).isNotEmptyFile();
    }

    @Test
    void shouldGoOnWithMemorisationWhereItEnded() throws Exception {
        String state = folder.resolve("state.json").toString();
        assertThat(run("memorise", "--models", "3", "--state", state)).isEqualTo(Lethe.TO_DO);
        assertThat(err.toString()).contains("ask for more --models than 3");
        assertThat(run("memorise", "--models", "40", "--state", state)).isZero();
        List<String> inTwo = table("memorise");
        assertThat(run("memorise", "--models", "40")).isZero();
        assertThat(inTwo).hasSize(121).isEqualTo(table("memorise"));
        assertThat(folder.resolve("out").resolve("memorisation.png")).isNotEmptyFile();
        assertThat(run("memorise", "--models", "40", "--state", state, "--fraction", "0.5"))
                .isEqualTo(Lethe.FAILED);
        assertThat(err.toString()).contains("--state", "another --fraction");
        Files.writeString(Path.of(state), "{");
        assertThat(run("memorise", "--state", state)).isEqualTo(Lethe.FAILED);
        assertThat(err.toString()).contains("damaged");
    }

    @Test
    void shouldEvaluateAPerceptronInPlaceOfTheModel() throws Exception {
        assertThat(run("mislabel", "--seeds", "1", "--hidden", "8", "--epochs", "20"))
                .as(err.toString())
                .isZero();
        assertThat(table("mislabel")).hasSize(6);
        assertThat(String.join(" ", table("mislabel"))).contains("el2n over epochs", "self-influence");
        assertThat(run("lds", "--subsets", "4", "--hidden", "4", "--epochs", "3", "--repeats", "2"))
                .as(err.toString())
                .isZero();
        assertThat(table("lds").get(1)).startsWith("ek-fac,4,");
        assertThat(run("lds", "--hidden", "0")).isEqualTo(Lethe.FAILED);
    }

    @Test
    void shouldShowTheMostSuspiciousAndWhatHelps() throws Exception {
        assertThat(run("scores", "--top", "5")).as(err.toString()).isZero();
        assertThat(out.toString().lines().count()).isEqualTo(6);
        assertThat(table("scores")).hasSize(121);
        assertThat(Files.readString(folder.resolve("out").resolve("sheet.html")))
                .contains("Most suspicious by el2n", "helpful", "harmful", "data:image/png;base64,");
    }

    @Test
    void shouldScoreWithoutCurvatureWhereNoneIsWanted() throws Exception {
        assertThat(run("scores", "--scores", "loss,margin", "--method", "lissa", "--tests", "0"))
                .as(err.toString())
                .isZero();
        assertThat(table("scores").get(0)).isEqualTo("SAMPLE,LABEL,SUGGESTED,LOSS,EL2N,MARGIN");
        assertThat(Files.readString(folder.resolve("out").resolve("sheet.html")))
                .doesNotContain("helpful");
        assertThat(run("scores", "--scores", "loss", "--by", "loss", "--value", "--prototypes", "2"))
                .as(err.toString())
                .isZero();
        assertThat(table("scores").get(0)).isEqualTo("SAMPLE,LABEL,SUGGESTED,LOSS,VALUE,PROTOTYPE");
        assertThat(run("scores", "--prototypes", "0")).isEqualTo(Lethe.FAILED);
        assertThat(run("scores", "--scores", "beauty")).isEqualTo(Lethe.FAILED);
    }

    @Test
    void shouldLetHardExamplesHelpOnlyWithMuchData() {
        int code = Lethe.commandLine()
                .setOut(new PrintWriter(out, true))
                .execute("evaluate", "teacher", "--dimensions", "10", "--repeats", "2");
        assertThat(code).isZero();
        List<String> lines = out.toString().lines().toList();
        assertThat(lines.get(1)).doesNotEndWith("hardest");
        assertThat(lines.get(7)).endsWith("hardest");
    }

    @Test
    void shouldSayWhatIsWrong() throws Exception {
        assertThat(run("scores", "--by", "beauty")).isEqualTo(Lethe.FAILED);
        assertThat(err.toString()).contains("--by: score: expected one of loss, el2n");
        assertThat(run("lds", "--method", "kfac")).isEqualTo(Lethe.FAILED);
        assertThat(err.toString()).contains("--method").contains("expected one of direct, cg");
        Files.writeString(folder.resolve("other.csv"), "sample_id,subject_id,label,f0,f1,f2,f3\nx,,d,1,2,3,4\n");
        assertThat(run("loo", "--test", folder.resolve("other.csv").toString())).isEqualTo(Lethe.FAILED);
        assertThat(err.toString()).contains("other.csv").contains("expected one of [a, b, c]");
    }
}
