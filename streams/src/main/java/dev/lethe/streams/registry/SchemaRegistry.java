package dev.lethe.streams.registry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.avro.Schema;
import org.apache.avro.SchemaParseException;
import org.apache.kafka.common.errors.SerializationException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads schemas by id over the one call that Confluent's registry and those compatible with it share:
 * {@code GET /schemas/ids/ID}. A schema never changes under its id, so each is asked for once. Who it is: the variable
 * SCHEMA_REGISTRY_BASIC_AUTH_USER_INFO, user:password.
 */
public final class SchemaRegistry {
    private static final Logger log = LoggerFactory.getLogger(SchemaRegistry.class);
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration CONNECT = Duration.ofSeconds(5);
    private static final Duration ANSWER = Duration.ofSeconds(10);
    private static final Duration PAUSE = Duration.ofSeconds(1);
    private static final int MAX_SCHEMA_CHARACTERS = 1 << 20;
    private static final int OK = 200;
    private static final int MISSING = 404;

    private final HttpClient http =
            HttpClient.newBuilder().connectTimeout(CONNECT).build();
    private final URI server;
    private final Optional<String> userInfo;
    private final Duration patience;
    private final Map<Integer, Schema> known = new ConcurrentHashMap<>();

    /**
     * @param server address, with the path of a compatible API where it has one
     * @param patience how long a stream thread waits for an answer, well below the time in which it must poll again
     */
    public SchemaRegistry(URI server, Map<String, String> environment, Duration patience) {
        this.server = URI.create(server.toString().replaceAll("/+$", "") + "/");
        this.userInfo = Optional.ofNullable(environment.get("SCHEMA_REGISTRY_BASIC_AUTH_USER_INFO"));
        this.patience = patience;
    }

    /**
     * The schema with an id.
     *
     * @throws SerializationException if there is none, or it is not Avro
     * @throws RegistryUnavailableException if nobody answers in time
     */
    public Schema schema(int id) {
        Schema found = known.get(id);
        if (found == null) {
            found = ask(id);
            known.put(id, found);
        }
        return found;
    }

    private Schema ask(int id) {
        long end = System.nanoTime() + patience.toNanos();
        while (true) {
            try {
                return asked(id);
            } catch (IOException e) {
                if (System.nanoTime() > end) {
                    throw new RegistryUnavailableException(
                            "schema registry " + server + " does not answer for schema " + id + " (" + e.getMessage()
                                    + ")",
                            e);
                }
                log.atWarn().addKeyValue("schema", id).log("schema registry does not answer: {}", e.getMessage());
                pause();
            }
        }
    }

    private static void pause() {
        try {
            Thread.sleep(PAUSE.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new RegistryUnavailableException("interrupted while waiting for the schema registry", e);
        }
    }

    private Schema asked(int id) throws IOException {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(server.resolve("schemas/ids/" + id)).timeout(ANSWER);
        userInfo.ifPresent(user -> request.header(
                "Authorization", "Basic " + Base64.getEncoder().encodeToString(user.getBytes(StandardCharsets.UTF_8))));
        HttpResponse<String> answer = send(request.build());
        if (answer.statusCode() == MISSING) {
            throw new SerializationException("schema " + id + " is not in the registry " + server);
        }
        if (answer.statusCode() != OK) {
            throw new IOException("status " + answer.statusCode());
        }
        return parse(id, answer.body());
    }

    private HttpResponse<String> send(HttpRequest request) throws IOException {
        try {
            return http.send(request, BodyHandlers.ofString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new RegistryUnavailableException("interrupted while the schema registry was asked", e);
        }
    }

    private Schema parse(int id, String body) throws IOException {
        if (body.length() > MAX_SCHEMA_CHARACTERS) {
            throw new SerializationException("schema " + id + ": expected at most " + MAX_SCHEMA_CHARACTERS
                    + " characters, got " + body.length());
        }
        JsonNode json = JSON.readTree(body);
        if (!json.path("schemaType").asText("AVRO").equals("AVRO")) {
            throw new SerializationException("schema " + id + ": expected AVRO, got another type");
        }
        try {
            return new Schema.Parser().parse(json.path("schema").asText());
        } catch (SchemaParseException e) {
            throw new SerializationException("schema " + id + " is no Avro schema that can be read");
        }
    }
}
