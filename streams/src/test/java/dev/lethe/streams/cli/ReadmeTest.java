package dev.lethe.streams.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** Every command line that the README shows is one the program understands. */
class ReadmeTest {
    /** Maven runs the tests of a module in its folder. */
    private static final Path README = Path.of("..", "README.md");

    private static final int MAX_LINES = 200;

    @Test
    void shouldShowOnlyCommandLinesThatParse() throws IOException {
        List<String> commands = ShellBlocks.commands(readme());

        assertThat(commands).anyMatch(command -> command.startsWith("./lethe"));
        assertThat(commands)
                .filteredOn(command -> command.startsWith("./lethe"))
                .allSatisfy(command ->
                        assertThatCode(() -> parse(command)).as(command).doesNotThrowAnyException());
    }

    @Test
    void shouldShowTheTwoMainCommands() throws IOException {
        assertThat(ShellBlocks.commands(readme())).contains("./lethe demo", "mvn verify");
    }

    @Test
    void shouldNotGrowBeyondWhatIsRead() throws IOException {
        assertThat(readme().lines().count()).isLessThan(MAX_LINES);
    }

    @Test
    void shouldTellACommandThatDoesNotExist() {
        assertThatThrownBy(() -> parse("./lethe request forget --dataset d"))
                .isInstanceOf(CommandLine.ParameterException.class);
    }

    @Test
    void shouldFindTheCommandsOfShellBlocksOnly() {
        String text = String.join(
                "\n",
                "```sh",
                "# a comment",
                "$ ./lethe replay --model m.yaml \\",
                "    --out 'my folder'   # another",
                "```",
                "```yaml",
                "./lethe nonsense",
                "```");

        assertThat(ShellBlocks.commands(text)).containsExactly("./lethe replay --model m.yaml --out 'my folder'");
        assertThat(ShellBlocks.words("./lethe a 'b c' \"d e\" | jq . > f"))
                .containsExactly("./lethe", "a", "b c", "d e");
    }

    private static void parse(String command) {
        List<String> words = ShellBlocks.words(command);
        Lethe.commandLine().parseArgs(words.subList(1, words.size()).toArray(String[]::new));
    }

    private static String readme() throws IOException {
        assumeTrue(Files.exists(README), "README.md is not there yet");
        return Files.readString(README);
    }
}
