package dev.lethe.streams.http;

import io.javalin.http.Context;
import io.javalin.http.HandlerType;

/** One operation of the API, as it stands in {@code schemas/openapi.yaml}. */
public interface Route {

    /** The HTTP method. */
    HandlerType method();

    /** The path; parameters in braces, as in OpenAPI. */
    String path();

    /**
     * Answers one request. Called from several threads at once.
     *
     * @throws ProblemException what is wrong with the request, or with the service; anything else becomes a 500 that says
     *     nothing about its cause
     */
    void handle(Context request) throws Exception;
}
