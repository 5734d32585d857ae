package dev.lethe.streams.http;

import dev.lethe.schemas.FrozenSchemas;
import io.javalin.http.Context;
import io.javalin.http.HandlerType;

/** The description of this API. */
record OpenApiRoute() implements Route {

    @Override
    public HandlerType method() {
        return HandlerType.GET;
    }

    @Override
    public String path() {
        return "/openapi.yaml";
    }

    @Override
    public void handle(Context request) {
        request.result(FrozenSchemas.class.getResourceAsStream("openapi.yaml")).contentType("application/yaml");
    }
}
