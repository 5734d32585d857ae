package dev.lethe.streams;

import dev.lethe.streams.Stream.Asked;
import dev.lethe.streams.client.LetheClient;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Sends a stream's requests on a thread of its own, whatever happens to brokers and service: each again, under its id,
 * until Kafka says that it has it, and only then the next, so that their order is known.
 */
final class Feeder {
    private static final long GIVE_UP = TimeUnit.MINUTES.toNanos(4);

    private final LetheClient client;
    private final Stream stream;
    private final long pauseMillis;
    private final List<Asked> sent = new ArrayList<>();
    private Thread thread;
    private volatile boolean running;
    private volatile RuntimeException failure;

    /** Waits {@code pauseMillis} after each request. */
    Feeder(LetheClient client, Stream stream, long pauseMillis) {
        this.client = client;
        this.stream = stream;
        this.pauseMillis = pauseMillis;
    }

    /** Sends until {@link #stop}, or until {@code limit} requests of this round are out. */
    void start(int limit) {
        running = true;
        thread = new Thread(() -> run(limit), "feeder");
        thread.start();
    }

    private void run(int limit) {
        try {
            for (int i = 0; i < limit && running; i++) {
                send(stream.mixed());
                Thread.sleep(pauseMillis);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            failure = e;
        }
    }

    private void send(Asked asked) throws InterruptedException {
        long deadline = System.nanoTime() + GIVE_UP;
        for (Asked attempt = asked; ; attempt = asked.again()) {
            synchronized (sent) {
                sent.add(attempt);
            }
            try {
                client.send(asked.request());
                return;
            } catch (LetheException e) {
                if (System.nanoTime() > deadline) {
                    throw e;
                }
                Thread.sleep(100);
            }
        }
    }

    int count() {
        synchronized (sent) {
            return sent.size();
        }
    }

    /** Lets the request under way go through, and ends. Returns everything sent so far. */
    List<Asked> stop() throws InterruptedException {
        running = false;
        return await();
    }

    /** Waits for the end of the round. Returns everything sent so far. */
    List<Asked> await() throws InterruptedException {
        thread.join();
        if (failure != null) {
            throw failure;
        }
        return List.copyOf(sent);
    }
}
