package dev.lethe.streams.http;

import io.javalin.http.Context;
import io.javalin.http.HandlerType;

/** The newest version and the champion of a model. */
record ModelRoute(Models models) implements Route {

    @Override
    public HandlerType method() {
        return HandlerType.GET;
    }

    @Override
    public String path() {
        return "/v1/models/{model}";
    }

    @Override
    public void handle(Context request) {
        models.problem().ifPresent(reason -> {
            throw ProblemException.unavailable("NOT_READ_YET", reason);
        });
        request.json(models.of(request.pathParam("model"))
                .orElseThrow(() -> ProblemException.notFound(
                        "NO_VERSION", "no version of such a model: `lethe model list` lists the models")));
    }
}
