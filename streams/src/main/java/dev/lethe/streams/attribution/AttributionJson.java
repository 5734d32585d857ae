package dev.lethe.streams.attribution;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lethe.schemas.ComputedScore;
import dev.lethe.schemas.InfluenceQuestion;
import dev.lethe.schemas.ModelSpec;
import dev.lethe.schemas.SampleInfluence;
import dev.lethe.schemas.SampleScores;
import dev.lethe.schemas.TestInfluence;
import dev.lethe.streams.client.InfluenceAnswer;
import dev.lethe.streams.topology.InquiryRules;
import dev.lethe.unlearn.influence.InfluenceMethods;
import dev.lethe.unlearn.influence.InfluenceSweep.Form;
import dev.lethe.unlearn.valuation.NetworkMethods;
import java.util.List;

/** Scores and influences as JSON, as {@code schemas/openapi.yaml} has them. */
public final class AttributionJson {
    private AttributionJson() {}

    /** One sample's scores. */
    public static ObjectNode scores(SampleScores scores) {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        json.put("sample", scores.getSampleId())
                .put("label", scores.getLabel())
                .put("suggested", scores.getSuggested());
        json.put("loss", scores.getLoss()).put("el2n", scores.getEl2n()).put("grand", scores.getGrand());
        json.put("margin", scores.getMargin()).put("self_influence", scores.getSelfInfluence());
        json.put("leverage", scores.getLeverage()).put("loo_loss", scores.getLooLoss());
        json.put("version", scores.getVersion());
        // Whoever may write answers may write any name: one that is not known must not hide a score of the pass.
        scores.getComputed().stream()
                .filter(score -> Ranking.computed(score.getScore()))
                .forEach(score -> computed(json, score));
        return json;
    }

    private static void computed(ObjectNode json, ComputedScore score) {
        String name = score.getScore().replace('-', '_');
        json.put(name, score.getValue());
        if (score.getError() != null) {
            json.put(name + "_error", score.getError());
        }
        json.put(name + "_version", score.getVersion());
    }

    /** The whole answer. */
    public static ObjectNode answer(ModelSpec spec, InfluenceQuestion question, InfluenceAnswer answer) {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        json.put("model", answer.modelId()).put("version", answer.version());
        json.put("method", question.getMethod()).put("form", question.getForm());
        OutsideClaim.say(spec, json).put("rows", answer.rows());
        boolean grouped = question.getGroup() != null;
        if (grouped) {
            json.put("group_rows", answer.groupRows()).put("group_curvature", question.getGroupCurvature());
        }
        ArrayNode tests = json.putArray("tests");
        answer.tests().forEach(test -> tests.add(test(test, grouped)));
        return json;
    }

    private static ObjectNode test(TestInfluence test, boolean grouped) {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        fill(json.putArray("helpful"), test.getHelpful());
        fill(json.putArray("harmful"), test.getHarmful());
        return grouped ? json.put("group", test.getGroup()) : json;
    }

    private static void fill(ArrayNode into, List<SampleInfluence> items) {
        items.forEach(item -> into.add(influence(item)));
    }

    /** One sample's influence on one row. */
    public static ObjectNode influence(SampleInfluence item) {
        return JsonNodeFactory.instance
                .objectNode()
                .put("sample", item.getSampleId())
                .put("label", item.getLabel())
                .put("influence", item.getInfluence());
    }

    /** The methods and forms there are. */
    public static ObjectNode methods() {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        ArrayNode methods = json.putArray("methods");
        for (InfluenceMethods method : InfluenceMethods.values()) {
            boolean served = InquiryRules.isServed(method);
            methods.addObject()
                    .put("name", method.id())
                    .put("description", method.description())
                    .put("where", served ? "service and files" : "files");
        }
        for (NetworkMethods method : NetworkMethods.values()) {
            if (method != NetworkMethods.GRADIENT_DOT) {
                methods.addObject()
                        .put("name", method.id())
                        .put("description", method.description())
                        .put("where", "service and files");
            }
        }
        ArrayNode forms = json.putArray("forms");
        for (Form form : Form.values()) {
            forms.add(form.id());
        }
        return json;
    }
}
