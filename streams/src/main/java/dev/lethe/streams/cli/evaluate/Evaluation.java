package dev.lethe.streams.cli.evaluate;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** What every evaluation on files has. */
abstract class Evaluation implements Callable<Integer> {

    @Mixin
    private DataOptions data;

    @Spec
    private CommandSpec command;

    @Mixin
    private ResultOptions results;

    final DataOptions.Data data() {
        return data.read(DataOptions.Tests.HELD_OUT);
    }

    final DataOptions.Data data(DataOptions.Tests tests) {
        return data.read(tests);
    }

    final boolean hasTestFile() {
        return data.hasTestFile();
    }

    final Path folderOrNull() {
        return results.folderOrNull();
    }

    final long seed() {
        return results.seed();
    }

    final PrintWriter err() {
        return command.commandLine().getErr();
    }

    final PrintWriter out() {
        return command.commandLine().getOut();
    }
}
