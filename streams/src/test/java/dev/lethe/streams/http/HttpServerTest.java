package dev.lethe.streams.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lethe.streams.LetheException;
import dev.lethe.streams.metrics.Instruments;
import io.javalin.http.Context;
import io.javalin.http.HandlerType;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class HttpServerTest {
    private static final String SECRET = "the value 42.5 of a row";

    private final HttpClient client = HttpClient.newHttpClient();
    private final Instruments instruments = new Instruments();
    private final List<String> obstacles = new ArrayList<>();
    private final List<String> warnings = new ArrayList<>();
    private Optional<String> failure = Optional.empty();
    private final FakeModels models = new FakeModels();
    private HttpServer server;

    private final class Fake implements Health {
        @Override
        public Optional<String> failure() {
            return failure;
        }

        @Override
        public List<String> obstacles() {
            return List.copyOf(obstacles);
        }

        @Override
        public List<String> warnings() {
            return List.copyOf(warnings);
        }
    }

    private record Post(Handler handler) implements Route {
        interface Handler {
            void handle(Context request) throws Exception;
        }

        @Override
        public HandlerType method() {
            return HandlerType.POST;
        }

        @Override
        public String path() {
            return "/v1/things/{id}";
        }

        @Override
        public void handle(Context request) throws Exception {
            handler.handle(request);
        }
    }

    @BeforeEach
    void start() {
        server = HttpServer.start("127.0.0.1", 0, Routes.of(new Fake(), instruments.registry(), models, () -> null));
    }

    @AfterEach
    void stop() {
        server.close();
        instruments.close();
    }

    private void serve(Post.Handler handler) {
        server.close();
        server = HttpServer.start("127.0.0.1", 0, List.of(new Post(handler)));
    }

    private HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
        return client.send(request.build(), BodyHandlers.ofString());
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create(server.url() + path));
    }

    private static JsonNode problem(HttpResponse<String> response) throws IOException {
        assertThat(response.headers().firstValue("content-type")).hasValue(Problem.MEDIA_TYPE);
        JsonNode json = new ObjectMapper().readTree(response.body());
        assertThat(json.path("status").asInt()).isEqualTo(response.statusCode());
        assertThat(json.path("type").asText()).isEqualTo("about:blank");
        assertThat(json.path("title").asText()).isNotEmpty();
        assertThat(json.path("detail").asText()).isNotEmpty();
        return json;
    }

    @Test
    void shouldBeAliveAndReady() throws Exception {
        assertThat(send(request("/health/live")).body()).isEqualTo("{\"status\":\"UP\"}");
        assertThat(send(request("/health/ready")).body()).isEqualTo("{\"status\":\"UP\",\"warnings\":[]}");
    }

    @Test
    void shouldBeReadyWithWarnings() throws Exception {
        warnings.add("artifacts: no space left on device");

        var ready = send(request("/health/ready"));

        assertThat(ready.statusCode()).isEqualTo(200);
        assertThat(ready.body()).contains("\"artifacts: no space left on device\"");
    }

    @Test
    void shouldSayEveryReasonWhyItIsNotReadyAndStayAlive() throws Exception {
        obstacles.addAll(List.of("store samples-0: 7 records to restore", "Kafka Streams is REBALANCING"));

        var ready = send(request("/health/ready"));

        assertThat(ready.statusCode()).isEqualTo(503);
        assertThat(problem(ready).path("reasons")).extracting(JsonNode::asText).containsExactlyElementsOf(obstacles);
        assertThat(send(request("/health/live")).statusCode()).isEqualTo(200);
    }

    @Test
    void shouldNotBeAliveAfterAFailure() throws Exception {
        failure = Optional.of("the service stopped: no disk");

        var live = send(request("/health/live"));

        assertThat(live.statusCode()).isEqualTo(503);
        assertThat(problem(live).path("detail").asText()).contains("no disk");
    }

    @Test
    void shouldExportMetersInBothFormats() throws Exception {
        instruments.registry().counter("lethe.things", "kind", "odd").increment();

        var text = send(request("/metrics"));
        var open = send(request("/metrics").header("Accept", "application/openmetrics-text;version=1.0.0,*/*;q=0.1"));

        assertThat(text.headers().firstValue("content-type"))
                .hasValueSatisfying(type -> assertThat(type).startsWith("text/plain"));
        assertThat(text.body()).contains("lethe_things_total{kind=\"odd\"} 1.0", "jvm_memory_used_bytes");
        assertThat(open.body()).contains("lethe_things_total{kind=\"odd\"} 1.0").endsWith("# EOF\n");
    }

    @Test
    void shouldAnswerWithItsOwnDescription() throws Exception {
        assertThat(send(request("/openapi.yaml")).body()).startsWith("openapi: 3.1.0");
    }

    @Test
    void shouldMakeAProblemOfWhatIsNotThere() throws Exception {
        var missing = send(request("/nothing"));
        var method = send(request("/health/live").POST(BodyPublishers.noBody()));

        assertThat(missing.statusCode()).isEqualTo(404);
        problem(missing);
        assertThat(method.statusCode()).isEqualTo(405);
        problem(method);
    }

    @Test
    void shouldMakeAProblemOfARequestThatIsNoHttp() throws Exception {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
            socket.getOutputStream()
                    .write("GET /health/live HTTP/1.1\r\nHost: a b\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(answer).startsWith("HTTP/1.1 400").contains(Problem.MEDIA_TYPE, "\"status\":400");
        }
    }

    @Test
    void shouldTellProblemsButNotTheCauseOfAFailure() throws Exception {
        serve(request -> {
            switch (request.pathParam("id")) {
                case "bad" -> throw ProblemException.badRequest("BAD_THING", "thing: expected good, got bad");
                case "error" -> throw new AssertionError(SECRET);
                default -> throw new IllegalStateException(SECRET);
            }
        });

        var bad = send(request("/v1/things/bad").POST(BodyPublishers.noBody()));
        assertThat(bad.statusCode()).isEqualTo(400);
        assertThat(problem(bad).path("code").asText()).isEqualTo("BAD_THING");
        for (String id : List.of("failure", "error")) {
            var failed = send(request("/v1/things/" + id).POST(BodyPublishers.noBody()));
            assertThat(failed.statusCode()).isEqualTo(500);
            assertThat(failed.body()).doesNotContain("42.5");
            problem(failed);
        }
    }

    @Test
    void shouldRefuseALargeBody() throws Exception {
        serve(request -> request.result(String.valueOf(request.bodyAsBytes().length)));

        var small = send(request("/v1/things/x").POST(BodyPublishers.ofByteArray(new byte[1_000_000])));
        var large = send(request("/v1/things/x").POST(BodyPublishers.ofByteArray(new byte[1_000_001])));

        assertThat(small.body()).isEqualTo("1000000");
        assertThat(large.statusCode()).isEqualTo(413);
        problem(large);
    }

    @Test
    void shouldSayThatItsPortIsInUse() {
        assertThatThrownBy(() -> HttpServer.start("127.0.0.1", server.port(), List.of()))
                .isInstanceOf(LetheException.class)
                .hasMessageContaining("127.0.0.1:" + server.port())
                .hasMessageContaining("http.port");
    }

    @Test
    void shouldTellWhatIsKnownOfAModel() throws Exception {
        models.put("m");

        assertThat(client.send(request("/v1/models/m").build(), BodyHandlers.ofString())
                        .body())
                .isEqualTo("{\"model\":\"m\"}");
        var unknown = client.send(request("/v1/models/other").build(), BodyHandlers.ofString());
        assertThat(unknown.statusCode()).isEqualTo(404);
        assertThat(unknown.body()).contains("NO_VERSION");
        models.problem = Optional.of("still reading");
        assertThat(client.send(request("/v1/models/m").build(), BodyHandlers.ofString())
                        .statusCode())
                .isEqualTo(503);
    }
}
