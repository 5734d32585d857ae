package dev.lethe.streams.http;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.lethe.schemas.ModelSpec;
import dev.lethe.streams.attribution.OutsideClaim;
import io.javalin.http.Context;
import io.javalin.http.HandlerType;

/** Scores a model's samples. */
record RefreshScoresRoute(Asking asking) implements Route {

    @Override
    public HandlerType method() {
        return HandlerType.POST;
    }

    @Override
    public String path() {
        return "/v1/models/{model}/scores";
    }

    @Override
    public void handle(Context request) {
        request.json(asking.with(client -> {
            ModelSpec spec = Asking.model(client, request);
            OutsideClaim.require(spec, "true".equals(request.queryParam("outside_claim")));
            String model = spec.getModelId();
            long version = client.attributions().refresh(model, Asking.TIMEOUT).getVersion();
            var json = JsonNodeFactory.instance.objectNode().put("model", model).put("version", version);
            return OutsideClaim.say(spec, json);
        }));
    }
}
