package dev.lethe.streams.http;

import dev.lethe.schemas.ModelSpec;
import dev.lethe.streams.LetheException;
import dev.lethe.streams.attribution.Ranking;
import dev.lethe.streams.client.LetheClient;
import dev.lethe.streams.client.RefusedException;
import io.javalin.http.Context;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.function.Function;
import java.util.function.Supplier;

/** How routes ask the service: few at a time, so that health checks always find a thread, and every failure a problem. */
final class Asking {
    /** How long an answer of all shards is waited for. */
    static final Duration TIMEOUT = Duration.ofSeconds(60);

    private static final int AT_ONCE = 4;
    private static final int MAX_TOP = 10_000;
    private static final Set<String> LATER = Set.of("BUSY", "NOT_AT_REST", "ASK_AGAIN", "PASS_FAILED");

    private final Supplier<LetheClient> client;
    private final Semaphore places = new Semaphore(AT_ONCE);

    /** @param client called when something is asked; one for all calls */
    Asking(Supplier<LetheClient> client) {
        this.client = client;
    }

    /** Does something with a client. */
    <T> T with(Function<LetheClient, T> action) {
        if (!places.tryAcquire()) {
            throw ProblemException.unavailable(
                    "BUSY", "this process answers " + AT_ONCE + " questions at a time already: ask again later");
        }
        try {
            return action.apply(client.get());
        } catch (RefusedException e) {
            int status = LATER.contains(e.code()) ? 503 : 400;
            throw new ProblemException(new Problem(status, e.code(), e.getMessage()));
        } catch (LetheException e) {
            throw ProblemException.unavailable("NO_ANSWER", e.getMessage());
        } finally {
            places.release();
        }
    }

    /** The model that a path names. */
    static ModelSpec model(LetheClient client, Context request) {
        ModelSpec spec = client.models().get(request.pathParam("model"));
        if (spec == null) {
            throw ProblemException.notFound(
                    "UNKNOWN_MODEL", "there is no model of this id: `lethe model list` shows all");
        }
        return spec;
    }

    static Ranking by(Context request) {
        String by = request.queryParam("by");
        try {
            return by == null ? Ranking.DEFAULT : Ranking.of(by);
        } catch (IllegalArgumentException e) {
            throw ProblemException.badRequest("BAD_VALUE", "by: " + e.getMessage());
        }
    }

    static int top(Context request) {
        String top = request.queryParam("top");
        if (top == null) {
            return InfluenceBody.TOP;
        }
        if (!top.matches("\\d{1,5}") || Integer.parseInt(top) < 1 || Integer.parseInt(top) > MAX_TOP) {
            throw ProblemException.badRequest("BAD_VALUE", "top: expected a whole number from 1 to " + MAX_TOP);
        }
        return Integer.parseInt(top);
    }
}
