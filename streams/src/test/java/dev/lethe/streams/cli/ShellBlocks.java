package dev.lethe.streams.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The command lines in the shell blocks of a Markdown text: enough of shell syntax for a README. */
final class ShellBlocks {
    private static final Pattern BLOCK =
            Pattern.compile("^```(?:sh|bash|shell|console)[^\\n]*\\n(.*?)^```", Pattern.MULTILINE | Pattern.DOTALL);
    private static final Pattern CONTINUED = Pattern.compile("\\\\\\n\\s*");
    private static final Pattern COMMENT = Pattern.compile("(?:^|\\s+)#.*$");
    private static final Pattern WORD = Pattern.compile("'([^']*)'|\"([^\"]*)\"|([^\\s'\"]+)");
    private static final Pattern OPERATOR = Pattern.compile("[|<>&;].*|2>.*");

    private ShellBlocks() {}

    /** One per line, continued lines joined, without prompt and comment. */
    static List<String> commands(String markdown) {
        List<String> commands = new ArrayList<>();
        Matcher block = BLOCK.matcher(markdown);
        while (block.find()) {
            CONTINUED
                    .matcher(block.group(1))
                    .replaceAll("")
                    .lines()
                    .map(line -> COMMENT.matcher(line).replaceFirst("").strip())
                    .map(line -> line.startsWith("$ ") ? line.substring(2) : line)
                    .filter(line -> !line.isEmpty())
                    .forEach(commands::add);
        }
        return commands;
    }

    /** The words of a command up to the first pipe, redirection or other operator. */
    static List<String> words(String command) {
        List<String> words = new ArrayList<>();
        Matcher word = WORD.matcher(command);
        while (word.find()) {
            boolean bare = word.group(3) != null;
            if (bare && OPERATOR.matcher(word.group(3)).matches()) {
                break;
            }
            words.add(bare ? word.group(3) : word.group(1) != null ? word.group(1) : word.group(2));
        }
        return words;
    }
}
