package dev.lethe.streams.http;

import dev.lethe.streams.attribution.AttributionJson;
import io.javalin.http.Context;
import io.javalin.http.HandlerType;

/** The methods and forms of influence, by name. */
record InfluenceMethodsRoute() implements Route {

    @Override
    public HandlerType method() {
        return HandlerType.GET;
    }

    @Override
    public String path() {
        return "/v1/influence-methods";
    }

    @Override
    public void handle(Context request) {
        request.json(AttributionJson.methods());
    }
}
