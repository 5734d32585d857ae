package dev.lethe.streams.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

class LetheTest {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @TempDir
    Path dir;

    private int run(String... args) {
        CommandLine command = Lethe.commandLine();
        command.setOut(new PrintWriter(out, true));
        command.setErr(new PrintWriter(err, true));
        return command.execute(args);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "serf",
                "replay",
                "request delete --samples 1",
                "request settle --dataset d --until never",
                "request relabel --dataset d 5",
                "request rectify --dataset d 5=1,x",
                "samples put f.csv --dataset a/b",
                "model put",
                "versions show m --version-number one",
                "factors",
                "factors refresh"
            })
    void shouldExitWithTwoOnWrongUsage(String line) {
        assertThat(run(line.isEmpty() ? new String[0] : line.split(" "))).isEqualTo(Lethe.USAGE);
        assertThat(err.toString()).containsAnyOf("Usage: lethe", "Did you mean: lethe serve");
        assertThat(out.toString()).isEmpty();
    }

    @Test
    void shouldShowAnExampleInEveryHelp() {
        assertHelp(Lethe.commandLine());
    }

    private static void assertHelp(CommandLine command) {
        command.getSubcommands().values().forEach(sub -> {
            assertThat(sub.getUsageMessage()).as(sub.getCommandName()).contains("Example:", "  lethe ");
            assertHelp(sub);
        });
    }

    @Test
    void shouldPrintEverySettingWithoutStarting() {
        assertThat(run("serve", "--help-config")).isEqualTo(Lethe.DONE);
        assertThat(out.toString()).contains("bootstrap.servers", "LETHE_SHARDS", "kafka:");
    }

    @Test
    void shouldNameWhatIsWrongInOneLine() throws Exception {
        Path config = Files.writeString(dir.resolve("lethe.yaml"), "shard: 3\n");

        assertThat(run("serve", "--config", config.toString())).isEqualTo(Lethe.FAILED);

        assertThat(err.toString().lines())
                .singleElement()
                .asString()
                .startsWith("lethe: setting shard is unknown: did you mean shards?");
    }

    @Test
    void shouldRefuseAMissingModelFileBeforeAnythingStarts() {
        int code = run(
                "replay",
                "--model",
                dir.resolve("none.yaml").toString(),
                "--samples",
                "s.csv",
                "--events",
                "e.jsonl",
                "--out",
                dir.resolve("out").toString());

        assertThat(code).isEqualTo(Lethe.FAILED);
        assertThat(err.toString())
                .contains("none.yaml")
                .contains("no such file")
                .doesNotContain("\tat ");
    }

    @Test
    void shouldCompleteEveryCommand() throws Exception {
        assertThat(run("completion")).isEqualTo(Lethe.DONE);
        Path script = Files.writeString(
                dir.resolve("completion"),
                out + "\nCOMP_WORDS=(lethe versions ro); COMP_CWORD=2\n_complete_lethe\n"
                        + "echo \"${COMPREPLY[@]}\"\n");

        Process bash = new ProcessBuilder("bash", script.toString())
                .redirectErrorStream(true)
                .start();

        assertThat(new String(bash.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8).strip())
                .isEqualTo("rollback");
    }
}
