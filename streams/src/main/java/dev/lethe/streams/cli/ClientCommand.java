package dev.lethe.streams.cli;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lethe.streams.client.LetheClient;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** A command that talks to a running service. */
abstract class ClientCommand implements Callable<Integer> {
    static final String WAIT = "How many seconds to wait for the answer; 0: do not wait (default: ${DEFAULT-VALUE}).";

    @Mixin
    private ConnectionOptions connection;

    @Mixin
    private OutputOptions output;

    @Spec
    private CommandSpec command;

    @Override
    public final Integer call() {
        check();
        try (LetheClient client = connection.connect()) {
            return run(client);
        }
    }

    /** Refuses wrong arguments before anything is connected. */
    void check() {}

    /** An error in the arguments: exit code 2, with the usage. */
    final ParameterException usage(String message) {
        return new ParameterException(command.commandLine(), message);
    }

    /** Does the work; the answer is the exit code. */
    abstract int run(LetheClient client);

    /** Tells of something that does not end the command. */
    final void warn(String message) {
        command.commandLine().getErr().println("lethe: " + message);
    }

    OutputOptions output() {
        return output;
    }

    static ObjectNode object() {
        return JsonNodeFactory.instance.objectNode();
    }

    static Duration seconds(int seconds) {
        return Duration.ofSeconds(seconds);
    }
}
