package dev.lethe.streams.http;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.javalin.http.Context;
import io.javalin.http.HandlerType;

/** Whether the process should be left alone. Restoring, or a broker out of reach, is no reason to end it. */
record LiveRoute(Health health) implements Route {

    @Override
    public HandlerType method() {
        return HandlerType.GET;
    }

    @Override
    public String path() {
        return "/health/live";
    }

    @Override
    public void handle(Context request) {
        health.failure().ifPresent(reason -> {
            throw ProblemException.unavailable("FAILED", reason);
        });
        request.json(JsonNodeFactory.instance.objectNode().put("status", "UP"));
    }
}
