package dev.lethe.streams.client;

import java.util.function.Supplier;

/** Connects when it is first asked for. Thread-safe. */
public final class LazyClient implements Supplier<LetheClient>, AutoCloseable {
    private final ClientSettings settings;
    private LetheClient client;

    public LazyClient(ClientSettings settings) {
        this.settings = settings;
    }

    /** Always the same one. */
    @Override
    public synchronized LetheClient get() {
        if (client == null) {
            client = LetheClient.connect(settings);
        }
        return client;
    }

    @Override
    public synchronized void close() {
        if (client != null) {
            client.close();
        }
    }
}
