package dev.lethe.streams.publish;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.javalin.Javalin;
import io.javalin.http.Context;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The model registry of MLflow's published REST API 2.0, in memory, as far as it is used: paths, methods, required fields,
 * what is refused and with which code. Written from the contract; no MLflow code.
 */
public final class MlflowServer implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String ROOT = "/api/2.0/mlflow/";
    private static final Pattern BY_TAG = Pattern.compile("tags\\.`([^`]+)` = '([^']*)'");
    private static final Pattern TAG_KEY = Pattern.compile("[/\\w.\\- :]{1,250}");
    private static final Set<String> MODEL_FIELDS = Set.of("name", "tags", "description");
    private static final Set<String> VERSION_FIELDS =
            Set.of("name", "source", "run_id", "tags", "run_link", "description");

    private final Map<String, List<ObjectNode>> models = new TreeMap<>();
    private final Map<String, String> aliases = new TreeMap<>();
    private final List<String> authorizations = new ArrayList<>();
    private final Javalin server;
    private int broken;

    private static final class Refused extends RuntimeException {
        private static final long serialVersionUID = 1L;
        private final int status;
        private final String code;

        Refused(int status, String code, String message) {
            super(message);
            this.status = status;
            this.code = code;
        }
    }

    /** @param port 0: any free one */
    public MlflowServer(int port) {
        server = Javalin.create(config -> {
                    config.startup.showJavalinBanner = false;
                    config.routes.post(ROOT + "registered-models/create", this::createModel);
                    config.routes.post(ROOT + "model-versions/create", this::createVersion);
                    config.routes.get(ROOT + "model-versions/search", this::search);
                    config.routes.post(ROOT + "registered-models/alias", this::setAlias);
                    config.routes.get(ROOT + "registered-models/alias", this::getAlias);
                    config.routes.exception(
                            Refused.class,
                            (e, ctx) -> ctx.status(e.status)
                                    .contentType("application/json")
                                    .result(JSON.createObjectNode()
                                            .put("error_code", e.code)
                                            .put("message", e.getMessage())
                                            .toString()));
                })
                .start("127.0.0.1", port);
    }

    public URI url() {
        return URI.create("http://127.0.0.1:" + server.port());
    }

    /** Answers the next requests as a proxy does whose server is away. */
    public synchronized void breakNext(int requests) {
        broken = requests;
    }

    private synchronized JsonNode body(Context ctx, Set<String> fields, String... required) throws Exception {
        admit(ctx);
        JsonNode body = JSON.readTree(ctx.body());
        body.fieldNames().forEachRemaining(field -> {
            if (!fields.contains(field)) {
                throw new Refused(400, "BAD_REQUEST", "unknown field " + field);
            }
        });
        for (String field : required) {
            if (body.path(field).asText("").isEmpty()) {
                throw new Refused(
                        400, "INVALID_PARAMETER_VALUE", "Missing value for required parameter '" + field + "'");
            }
        }
        for (JsonNode tag : body.path("tags")) {
            if (!TAG_KEY.matcher(tag.path("key").asText("")).matches()
                    || !tag.path("value").isTextual()) {
                throw new Refused(400, "INVALID_PARAMETER_VALUE", "Invalid tag " + tag);
            }
        }
        return body;
    }

    private void admit(Context ctx) {
        authorizations.add(String.valueOf(ctx.header("Authorization")));
        if (broken > 0) {
            broken--;
            throw new Refused(503, "TEMPORARILY_UNAVAILABLE", "try again");
        }
    }

    private List<ObjectNode> versions(String model) {
        if (!models.containsKey(model)) {
            throw new Refused(404, "RESOURCE_DOES_NOT_EXIST", "Registered Model with name=" + model + " not found");
        }
        return models.get(model);
    }

    private synchronized void createModel(Context ctx) throws Exception {
        JsonNode body = body(ctx, MODEL_FIELDS, "name");
        String name = body.path("name").asText();
        if (models.containsKey(name)) {
            throw new Refused(400, "RESOURCE_ALREADY_EXISTS", "Registered Model (name=" + name + ") already exists.");
        }
        models.put(name, new ArrayList<>());
        ctx.json(Map.of("registered_model", Map.of("name", name)));
    }

    private synchronized void createVersion(Context ctx) throws Exception {
        JsonNode body = body(ctx, VERSION_FIELDS, "name", "source");
        String source = body.path("source").asText();
        URI uri = URI.create(source);
        if (uri.getScheme() == null || uri.getScheme().equals("file") || source.contains("..")) {
            throw new Refused(400, "INVALID_PARAMETER_VALUE", "Invalid model version source: '" + source + "'.");
        }
        List<ObjectNode> all = versions(body.path("name").asText());
        ObjectNode made = body.deepCopy();
        made.put("version", Integer.toString(all.size() + 1)).put("status", "READY");
        all.add(made);
        ctx.json(Map.of("model_version", made));
    }

    private synchronized void search(Context ctx) {
        admit(ctx);
        Matcher filter = BY_TAG.matcher(String.valueOf(ctx.queryParam("filter")));
        if (!filter.matches()) {
            throw new Refused(400, "INVALID_PARAMETER_VALUE", "Invalid filter");
        }
        ObjectNode answer = JSON.createObjectNode();
        ArrayNode found = answer.putArray("model_versions");
        models.values().stream()
                .flatMap(List::stream)
                .filter(v -> filter.group(2).equals(tag(v, filter.group(1))))
                .forEach(found::add);
        if (found.isEmpty()) {
            answer.remove("model_versions");
        }
        ctx.json(answer);
    }

    private synchronized void setAlias(Context ctx) throws Exception {
        JsonNode body = body(ctx, Set.of("name", "alias", "version"), "name", "alias", "version");
        String model = body.path("name").asText();
        int version = Integer.parseInt(body.path("version").asText());
        if (version > versions(model).size()) {
            throw new Refused(404, "RESOURCE_DOES_NOT_EXIST", "Model Version not found");
        }
        aliases.put(model + "@" + body.path("alias").asText(), Integer.toString(version));
        ctx.json(Map.of());
    }

    private synchronized void getAlias(Context ctx) {
        admit(ctx);
        List<ObjectNode> all = versions(ctx.queryParam("name"));
        String version = aliases.get(ctx.queryParam("name") + "@" + ctx.queryParam("alias"));
        if (version == null) {
            throw new Refused(400, "INVALID_PARAMETER_VALUE", "Registered model alias not found.");
        }
        ctx.json(Map.of("model_version", all.get(Integer.parseInt(version) - 1)));
    }

    /** The Lethe numbers of a model's versions, in the order of their registration. */
    public synchronized List<String> registered(String model) {
        return models.getOrDefault(model, List.of()).stream()
                .map(v -> tag(v, "lethe.version"))
                .toList();
    }

    /** The Lethe number that an alias points at; null: none. */
    public synchronized String alias(String model, String alias) {
        String version = aliases.get(model + "@" + alias);
        return version == null ? null : tag(models.get(model).get(Integer.parseInt(version) - 1), "lethe.version");
    }

    /** A tag of a version, by its place. */
    public synchronized String tag(String model, int place, String key) {
        return tag(models.get(model).get(place), key);
    }

    public synchronized String source(String model, int place) {
        return models.get(model).get(place).path("source").asText();
    }

    /** The Authorization headers so far. */
    public synchronized List<String> authorizations() {
        return List.copyOf(authorizations);
    }

    /** Somebody removes a model. */
    public synchronized void remove(String model) {
        models.remove(model);
    }

    private static String tag(JsonNode version, String key) {
        for (JsonNode tag : version.path("tags")) {
            if (tag.path("key").asText().equals(key)) {
                return tag.path("value").asText();
            }
        }
        return null;
    }

    @Override
    public void close() {
        server.stop();
    }
}
