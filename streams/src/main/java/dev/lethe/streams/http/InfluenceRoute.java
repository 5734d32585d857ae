package dev.lethe.streams.http;

import dev.lethe.schemas.ModelSpec;
import dev.lethe.streams.attribution.AttributionJson;
import dev.lethe.streams.attribution.InfluenceDefaults;
import dev.lethe.streams.attribution.OutsideClaim;
import io.javalin.http.Context;
import io.javalin.http.HandlerType;

/** Which training samples help and harm given rows. */
record InfluenceRoute(Asking asking) implements Route {

    @Override
    public HandlerType method() {
        return HandlerType.POST;
    }

    @Override
    public String path() {
        return "/v1/models/{model}/influence";
    }

    @Override
    public void handle(Context request) {
        InfluenceBody body = InfluenceBody.parse(request.pathParam("model"), request.bodyAsBytes());
        request.json(asking.with(client -> {
            ModelSpec spec = Asking.model(client, request);
            OutsideClaim.require(spec, body.outsideClaim());
            var question = InfluenceDefaults.complete(spec, body.question());
            var answer = client.attributions().influence(question, Asking.TIMEOUT);
            return AttributionJson.answer(spec, question, answer);
        }));
    }
}
