package dev.lethe.streams.topology;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import org.apache.avro.specific.SpecificRecord;

/** Messages on the same way, held back in their order and sent as one. */
final class Bundle<M extends SpecificRecord> {
    /** Far enough below the record limit of the internal topics for the largest single message to be added. */
    private static final int MAX_BYTES = 512 << 10;

    private final Function<List<M>, SpecificRecord> together;
    private final Consumer<SpecificRecord> send;
    private List<M> held = new ArrayList<>();
    private long bytes;

    /** @param together makes one message of several */
    Bundle(Function<List<M>, SpecificRecord> together, Consumer<SpecificRecord> send) {
        this.together = together;
        this.send = send;
    }

    /** @param size about how many bytes the message has */
    void add(M message, long size) {
        held.add(message);
        bytes += size;
        if (bytes >= MAX_BYTES) {
            flush();
        }
    }

    void flush() {
        if (held.isEmpty()) {
            return;
        }
        List<M> sent = held;
        held = new ArrayList<>();
        bytes = 0;
        send.accept(sent.size() == 1 ? sent.get(0) : together.apply(sent));
    }
}
