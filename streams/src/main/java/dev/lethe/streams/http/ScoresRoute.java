package dev.lethe.streams.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lethe.schemas.ModelFamily;
import dev.lethe.schemas.ModelSpec;
import dev.lethe.schemas.ModelVersion;
import dev.lethe.schemas.SampleScores;
import dev.lethe.streams.attribution.AttributionJson;
import dev.lethe.streams.attribution.OutsideClaim;
import dev.lethe.streams.attribution.RankedScores;
import dev.lethe.streams.attribution.Ranking;
import dev.lethe.streams.client.LetheClient;
import io.javalin.http.Context;
import io.javalin.http.HandlerType;
import java.util.List;

/** The samples with the highest scores, or those of them whose label is probably wrong. */
record ScoresRoute(Asking asking, boolean suspects) implements Route {

    @Override
    public HandlerType method() {
        return HandlerType.GET;
    }

    @Override
    public String path() {
        return suspects ? "/v1/models/{model}/suspects" : "/v1/models/{model}/scores";
    }

    @Override
    public void handle(Context request) {
        Ranking by = Asking.by(request);
        int top = Asking.top(request);
        request.json(asking.with(client -> answer(client, Asking.model(client, request), by, top)));
    }

    private ObjectNode answer(LetheClient client, ModelSpec spec, Ranking by, int top) {
        if (suspects && spec.getFamily() == ModelFamily.RIDGE) {
            throw ProblemException.badRequest("NO_LABELS", "a ridge model has no classes, so no label is suspicious");
        }
        List<SampleScores> all = client.attributions().scores(spec.getDataset(), spec.getModelId());
        if (all.isEmpty()) {
            throw ProblemException.notFound(
                    "NOT_SCORED",
                    "this model has no scores: POST to /v1/models/{model}/scores, or `lethe scores refresh`");
        }
        ModelVersion published = client.latestVersions().get(spec.getModelId());
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        json.put("model", spec.getModelId())
                .put("published_version", published == null ? null : published.getVersion());
        OutsideClaim.say(spec, json).put("by", by.id()).put("scored", all.size());
        ArrayNode samples = json.putArray("samples");
        List<SampleScores> ranked = suspects ? RankedScores.suspects(all, by, top) : RankedScores.top(all, by, top);
        ranked.forEach(scores -> samples.add(AttributionJson.scores(scores)));
        return json;
    }
}
