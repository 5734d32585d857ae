package dev.lethe.streams.http;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.javalin.http.Context;
import io.javalin.http.HandlerType;
import java.util.List;

/** Whether the service does its work, with the reasons why not. */
record ReadyRoute(Health health) implements Route {
    private static final int UNAVAILABLE = 503;

    @Override
    public HandlerType method() {
        return HandlerType.GET;
    }

    @Override
    public String path() {
        return "/health/ready";
    }

    @Override
    public void handle(Context request) {
        List<String> obstacles = health.obstacles();
        if (obstacles.isEmpty()) {
            ObjectNode up = JsonNodeFactory.instance.objectNode().put("status", "UP");
            health.warnings().forEach(up.putArray("warnings")::add);
            request.json(up);
            return;
        }
        ObjectNode json = new Problem(UNAVAILABLE, "NOT_READY", String.join("; ", obstacles)).json();
        obstacles.forEach(json.putArray("reasons")::add);
        request.status(UNAVAILABLE).result(json.toString()).contentType(Problem.MEDIA_TYPE);
    }
}
