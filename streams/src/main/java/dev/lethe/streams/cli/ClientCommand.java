package dev.lethe.streams.cli;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lethe.streams.client.LetheClient;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Mixin;

/** A command that talks to a running service. */
abstract class ClientCommand implements Callable<Integer> {
    static final String WAIT = "How many seconds to wait for the answer; 0: do not wait (default: ${DEFAULT-VALUE}).";

    @Mixin
    private ConnectionOptions connection;

    @Mixin
    private OutputOptions output;

    @Override
    public final Integer call() {
        try (LetheClient client = connection.connect()) {
            return run(client);
        }
    }

    /** Does the work; the answer is the exit code. */
    abstract int run(LetheClient client);

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
