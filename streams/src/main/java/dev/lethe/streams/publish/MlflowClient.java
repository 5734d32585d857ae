package dev.lethe.streams.publish;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The model registry of an MLflow server over its REST API 2.0, as far as it is needed here. Who it is: the variables
 * MLFLOW_TRACKING_TOKEN, or MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, as for MLflow's own clients.
 */
final class MlflowClient {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration CONNECT = Duration.ofSeconds(5);
    private static final Duration ANSWER = Duration.ofSeconds(30);
    private static final int OK = 200;
    private static final int BAD_REQUEST = 400;
    private static final String EXISTS = "RESOURCE_ALREADY_EXISTS";
    private static final String MISSING = "RESOURCE_DOES_NOT_EXIST";

    private final HttpClient http =
            HttpClient.newBuilder().connectTimeout(CONNECT).build();
    private final URI api;
    private final Optional<String> authorization;

    /** @param server address of the tracking server, without the API's path */
    MlflowClient(URI server, Map<String, String> environment) {
        this.api = URI.create(server.toString().replaceAll("/+$", "") + "/api/2.0/mlflow/");
        this.authorization = authorization(environment);
    }

    private static Optional<String> authorization(Map<String, String> environment) {
        String user = environment.get("MLFLOW_TRACKING_USERNAME");
        String password = environment.get("MLFLOW_TRACKING_PASSWORD");
        if (user != null && password != null) {
            byte[] both = (user + ":" + password).getBytes(StandardCharsets.UTF_8);
            return Optional.of("Basic " + Base64.getEncoder().encodeToString(both));
        }
        return Optional.ofNullable(environment.get("MLFLOW_TRACKING_TOKEN")).map(token -> "Bearer " + token);
    }

    /** Makes a registered model; one that is there already is no error. */
    void createModel(ObjectNode model) throws IOException {
        answer("registered-models/create", post("registered-models/create", model), EXISTS);
    }

    /** Makes a model version. Returns the number that MLflow gave it. */
    String createVersion(ObjectNode version) throws IOException {
        JsonNode made = answer("model-versions/create", post("model-versions/create", version));
        return text(made.path("model_version"), "model-versions/create");
    }

    /** The number of the version that has this tag, if there is one. @param value without quotes in it */
    Optional<String> version(String tag, String value) throws IOException {
        String filter = "tags.`" + tag + "` = '" + value + "'";
        String call = "model-versions/search";
        JsonNode found = answer(call, get(call + "?max_results=1&filter=" + encoded(filter)));
        JsonNode first = found.path("model_versions").path(0);
        return first.isMissingNode() ? Optional.empty() : Optional.of(text(first, call));
    }

    /** Points an alias at a version. */
    void setAlias(String model, String alias, String version) throws IOException {
        String call = "registered-models/alias";
        ObjectNode body =
                JSON.createObjectNode().put("name", model).put("alias", alias).put("version", version);
        answer(call, post(call, body));
    }

    /** The version that an alias points at, if it does. */
    Optional<String> alias(String model, String alias) throws IOException {
        String call = "registered-models/alias";
        HttpResponse<String> got = get(call + "?name=" + encoded(model) + "&alias=" + encoded(alias));
        JsonNode found = answer(call, got, MISSING, "INVALID_PARAMETER_VALUE");
        JsonNode version = found.path("model_version");
        return version.isMissingNode() ? Optional.empty() : Optional.of(text(version, call));
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    private HttpResponse<String> post(String call, ObjectNode body) throws IOException {
        return send(request(call)
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(body.toString())));
    }

    private HttpResponse<String> get(String call) throws IOException {
        return send(request(call).GET());
    }

    private HttpRequest.Builder request(String call) {
        HttpRequest.Builder request = HttpRequest.newBuilder(api.resolve(call)).timeout(ANSWER);
        authorization.ifPresent(value -> request.header("Authorization", value));
        return request;
    }

    private HttpResponse<String> send(HttpRequest.Builder request) throws IOException {
        try {
            return http.send(request.build(), BodyHandlers.ofString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while MLflow was asked", e);
        } catch (IOException e) {
            throw new IOException("MLflow at " + api + " does not answer (" + e + ")", e);
        }
    }

    /**
     * The answer as JSON.
     *
     * @param allowed codes of errors that are none here: the answer is then empty
     * @throws IOException where another try may help
     * @throws IllegalStateException where the request itself is refused
     */
    private JsonNode answer(String call, HttpResponse<String> response, String... allowed) throws IOException {
        JsonNode json = parsed(response.body());
        if (response.statusCode() == OK) {
            return json;
        }
        String code = json.path("error_code").asText("");
        if (List.of(allowed).contains(code)) {
            return JSON.createObjectNode();
        }
        String message = "MLflow at " + api + " refuses " + call + ": status " + response.statusCode() + " " + code
                + " " + json.path("message").asText("");
        if (response.statusCode() == BAD_REQUEST) {
            throw new IllegalStateException(message);
        }
        throw new IOException(message);
    }

    /** A proxy between may answer with a page. */
    private static JsonNode parsed(String body) {
        try {
            return JSON.readTree(body);
        } catch (IOException e) {
            return JSON.createObjectNode();
        }
    }

    private static String text(JsonNode version, String call) throws IOException {
        String number = version.path("version").asText("");
        if (number.isEmpty()) {
            throw new IOException("MLflow's answer to " + call + " has no version");
        }
        return number;
    }
}
