package dev.lethe.streams;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lethe.schemas.ModelFamily;
import dev.lethe.schemas.ModelIntercept;
import dev.lethe.schemas.ModelSpec;
import dev.lethe.schemas.NetworkLayer;
import dev.lethe.schemas.NetworkSpec;
import dev.lethe.schemas.PrivacySpec;
import dev.lethe.schemas.Sample;
import dev.lethe.streams.attribution.ServedRows;
import dev.lethe.streams.cli.Lethe;
import dev.lethe.streams.client.ClientSettings;
import dev.lethe.streams.client.LetheClient;
import dev.lethe.streams.client.LetheClient.From;
import dev.lethe.streams.config.ServiceConfig;
import dev.lethe.streams.topology.Doubles;
import dev.lethe.unlearn.valuation.Prototypes;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Attribution by hand: over HTTP and on the command line, against a service with three shards. */
class AttributionCommandsIT {
    private static final long SEED = 20261125;
    private static final Duration WAIT = Duration.ofSeconds(120);

    @TempDir
    Path directory;

    private final ObjectMapper json = new ObjectMapper();
    private final Stream stream = new Stream(SEED);
    private String url;
    private String bootstrap;
    private String printed;

    private interface Story {
        void tell(LetheClient client) throws Exception;
    }

    private void withService(Story story) throws Exception {
        var config = ServiceConfig.of(Map.of(
                "data.dir", directory.toString(),
                "local.port", "0",
                "http.port", "0",
                "artifacts.store", "off",
                "shards", "3"));
        try (var service = LetheService.serve(config);
                var client = LetheClient.connect(
                                ClientSettings.of(service.bootstrapServers(), "lethe"), service::failure)
                        .follow(From.NOW)) {
            url = service.httpUrl().orElseThrow();
            bootstrap = service.bootstrapServers();
            client.awaitConsumed(client.putSamples(stream.samples(200, 20), 1_000), WAIT);
            client.putModel(Stream.model("m"), 2_000);
            client.awaitVersion("m", 1, WAIT);
            story.tell(client);
        }
    }

    private JsonNode http(int status, String method, String path, String body) throws Exception {
        var request = HttpRequest.newBuilder(URI.create(url + path))
                .method(method, body == null ? BodyPublishers.noBody() : BodyPublishers.ofString(body))
                .build();
        var response = HttpClient.newHttpClient().send(request, BodyHandlers.ofString());
        assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
        return json.readTree(response.body());
    }

    private JsonNode influence(int status, String body) throws Exception {
        return http(status, "POST", "/v1/models/m/influence", body);
    }

    private int lethe(String... arguments) {
        StringWriter out = new StringWriter();
        String[] all = Arrays.copyOf(arguments, arguments.length + 2);
        all[arguments.length] = "--bootstrap";
        all[arguments.length + 1] = bootstrap;
        int code = Lethe.commandLine()
                .setOut(new PrintWriter(out))
                .setErr(new PrintWriter(out))
                .execute(all);
        printed = out.toString();
        return code;
    }

    @Test
    void shouldAnswerOverHttp() throws Exception {
        withService(client -> {
            assertThat(http(404, "GET", "/v1/models/m/scores", null)
                            .path("code")
                            .asText())
                    .isEqualTo("NOT_SCORED");
            assertThat(http(200, "POST", "/v1/models/m/scores", null)
                            .path("version")
                            .asLong())
                    .isPositive();
            JsonNode scores = http(200, "GET", "/v1/models/m/scores?by=leverage&top=7", null);
            assertThat(scores.path("scored").asInt()).isEqualTo(200);
            assertThat(scores.path("samples")).hasSize(7);
            assertThat(scores.at("/samples/0/leverage").asDouble())
                    .isGreaterThanOrEqualTo(scores.at("/samples/1/leverage").asDouble());
            http(200, "GET", "/v1/models/m/suspects", null)
                    .path("samples")
                    .forEach(suspect -> assertThat(suspect.path("label").asText())
                            .isNotEqualTo(suspect.path("suggested").asText()));
            JsonNode answer = influence(200, "{\"rows\":[{\"features\":[1,0,0,0,0,0],\"label\":\"yes\"}],\"top\":3}");
            assertThat(answer.path("rows").asInt()).isEqualTo(200);
            assertThat(answer.at("/tests/0/helpful")).hasSize(3);
            assertThat(answer.at("/tests/0/helpful/0/influence").asDouble()).isPositive();
            assertThat(answer.at("/tests/0/harmful/0/influence").asDouble()).isNegative();
            assertThat(http(200, "GET", "/v1/influence-methods", null).path("methods"))
                    .hasSize(9);
            assertThat(influence(200, row(",\"method\":\"block-cg\",\"top\":3"))
                            .path("form")
                            .asText())
                    .isEqualTo("plain");
            assertRefusals();
            assertSaysWhatIsOutsideOfAClaim(client);
        });
    }

    private static String row(String more) {
        return "{\"rows\":[{\"features\":[1,0,0,0,0,0],\"label\":\"yes\"}]" + more + "}";
    }

    private void assertSaysWhatIsOutsideOfAClaim(LetheClient client) throws Exception {
        client.putModel(
                ModelSpec.newBuilder(Stream.model("claimed"))
                        .setPrivacy(new PrivacySpec(1.0, 1e-4, 10.0, 1000L))
                        .build(),
                4_000);
        client.awaitVersion("claimed", 1, WAIT);
        String path = "/v1/models/claimed/";
        assertThat(http(400, "POST", path + "influence", row("")).path("code").asText())
                .isEqualTo("OUTSIDE_CLAIM");
        assertThat(http(400, "POST", path + "scores", null).path("code").asText())
                .isEqualTo("OUTSIDE_CLAIM");
        assertThat(lethe("suspects", "list", "--model", "claimed")).isEqualTo(Lethe.FAILED);
        assertThat(printed).contains("--outside-claim");
        assertThat(http(404, "GET", path + "scores", null).path("code").asText())
                .as("none were made")
                .isEqualTo("NOT_SCORED");

        assertThat(http(200, "POST", path + "influence", row(",\"outside_claim\":true"))
                        .path("claim")
                        .asText())
                .isEqualTo("none");
        assertThat(lethe("scores", "refresh", "--model", "claimed", "--outside-claim"))
                .as(printed)
                .isEqualTo(Lethe.DONE);
        assertThat(http(200, "GET", path + "scores", null).path("claim").asText())
                .isEqualTo("none");
        assertThat(http(200, "GET", "/v1/models/m/scores", null).has("claim")).isFalse();
    }

    private void assertRefusals() throws Exception {
        String row = "{\"rows\":[{\"features\":[1,0,0,0,0,0],\"label\":\"yes\"}]";
        Map<String, String> bodies = Map.of(
                "{\"rows\":[{\"features\":[1,0],\"label\":\"yes\"}]}",
                "FEATURE_COUNT",
                "{\"rows\":[{\"features\":[1,0,0,0,0,0],\"label\":\"perhaps\"}]}",
                "UNKNOWN_CLASS",
                "{\"rows\":[]}",
                "NO_ROWS",
                row + ",\"group\":[]}",
                "EMPTY_GROUP",
                row + ",\"group\":[\"nobody\"]}",
                "EMPTY_GROUP",
                row + ",\"group_curvature\":true}",
                "EMPTY_GROUP",
                row + ",\"method\":\"lissa\"}",
                "UNKNOWN_METHOD",
                row + ",\"topp\":1}",
                "UNKNOWN_KEY",
                "{\"rows\":[{\"features\":[\"x\"],\"label\":\"yes\"}]}",
                "BAD_VALUE",
                row,
                "BAD_JSON");
        for (var each : bodies.entrySet()) {
            assertThat(influence(400, each.getKey()).path("code").asText())
                    .as(each.getKey())
                    .isEqualTo(each.getValue());
        }
        String unknown = http(404, "POST", "/v1/models/other/influence", row + "}")
                .path("code")
                .asText();
        assertThat(unknown).isEqualTo("UNKNOWN_MODEL");
        assertThat(http(400, "GET", "/v1/models/m/scores?by=beauty", null)
                        .path("code")
                        .asText())
                .isEqualTo("BAD_VALUE");
    }

    @Test
    void shouldMendLabelsFromTheCommandLine() throws Exception {
        withService(client -> {
            List<String> flipped = flip(client);
            assertThat(lethe("suspects", "list", "--model", "m", "--top", "40", "--output", "json"))
                    .as(printed)
                    .isEqualTo(Lethe.DONE);
            List<String> listed = json.readTree(printed).findValuesAsText("sample");
            assertThat(listed).as("seed %d", SEED).contains(flipped.toArray(String[]::new));

            Path file = directory.resolve("suspects.jsonl");
            assertThat(lethe("suspects", "export", "--model", "m", "--top", "40", "--out", file.toString()))
                    .as(printed)
                    .isEqualTo(Lethe.DONE);
            List<String> accepted = Files.readAllLines(file).stream()
                    .filter(line -> flipped.stream().anyMatch(id -> line.contains("\"id\":\"" + id + "\"")))
                    .collect(Collectors.toList());
            Files.write(file, accepted);
            assertThat(lethe("suspects", "fix", "--model", "m", "--request-file", file.toString(), "--dry-run"))
                    .isEqualTo(Lethe.DONE);
            assertThat(printed).contains("NOT SENT");
            for (int twice = 0; twice < 2; twice++) {
                assertThat(lethe("suspects", "fix", "--model", "m", "--request-file", file.toString()))
                        .as(printed)
                        .isEqualTo(Lethe.DONE);
            }
            lethe("suspects", "list", "--model", "m", "--top", "40", "--output", "json");
            assertThat(json.readTree(printed).findValuesAsText("sample")).doesNotContainAnyElementsOf(flipped);
            assertShowsInfluence();
            assertComputesWhatNoShardCan(client);
            assertScoresANetwork(client);
        });
    }

    private void assertComputesWhatNoShardCan(LetheClient client) throws Exception {
        Path state = directory.resolve("memorised.json");
        String[] compute = {"scores", "compute", "--model", "m", "--score", "memorisation,prototype"};
        String[] few = with(compute, "--models", "2", "--prototypes", "3", "--state", state.toString());
        assertThat(lethe(few))
                .as("in two subsets of 0.7 many samples are twice")
                .isEqualTo(Lethe.TO_DO);
        assertThat(lethe(with(compute, "--models", "24", "--prototypes", "3", "--state", state.toString())))
                .as(printed)
                .isEqualTo(Lethe.DONE);

        ModelSpec spec = client.models().get("m");
        ServedRows rows = ServedRows.of(spec, client.samples(Stream.DATASET));
        double[] distances = Prototypes.distances(rows.rows(), 3, 1);
        JsonNode listed = http(200, "GET", "/v1/models/m/scores?by=prototype&top=1000", null);
        assertThat(listed.path("samples")).hasSize(rows.ids().size());
        for (JsonNode sample : listed.path("samples")) {
            assertThat(sample.path("prototype").asDouble())
                    .isEqualTo(
                            distances[rows.ids().indexOf(sample.path("sample").asText())]);
            assertThat(sample.path("memorisation").asDouble()).isBetween(-1.0, 1.0);
            assertThat(sample.path("memorisation_error").asDouble()).isPositive();
            assertThat(sample.path("memorisation_version").asLong())
                    .isEqualTo(listed.path("published_version").asLong());
        }
        String first = listed.at("/samples/0/sample").asText();
        Thread renewing = renewing();
        assertThat(lethe("request", "delete", "--dataset", Stream.DATASET, "--samples", first))
                .as(printed)
                .isEqualTo(Lethe.DONE);
        assertThat(lethe("scores", "list", "--model", "m", "--by", "memorisation", "--top", "500", "--output", "json"))
                .as(printed)
                .isEqualTo(Lethe.DONE);
        assertThat(json.readTree(printed).findValuesAsText("sample"))
                .hasSize(rows.ids().size() - 1)
                .doesNotContain(first);
        awaitRenewed(listed.path("published_version").asLong());
        renewing.interrupt();
        renewing.join(WAIT.toMillis());
        assertThat(renewing.isAlive()).isFalse();
        assertThat(lethe(
                        "scores", "compute", "--model", "m", "--score", "memorisation", "--every", "5", "--state", "f"))
                .isEqualTo(2);
        assertThat(lethe("scores", "compute", "--model", "m", "--score", "beauty"))
                .isEqualTo(2);
    }

    /** Distances renewed with every version, until it is interrupted. */
    private Thread renewing() {
        String[] compute = {"scores", "compute", "--model", "m", "--score", "prototype", "--prototypes", "3"};
        Thread thread = new Thread(() -> Lethe.commandLine()
                .setOut(new PrintWriter(new StringWriter()))
                .setErr(new PrintWriter(new StringWriter()))
                .execute(with(compute, "--every", "1", "--bootstrap", bootstrap)));
        thread.start();
        return thread;
    }

    private void awaitRenewed(long version) {
        await("distances of a newer version").atMost(WAIT).until(() -> {
            JsonNode listed = http(200, "GET", "/v1/models/m/scores?by=prototype&top=1", null);
            return listed.at("/samples/0/prototype_version").asLong() > version;
        });
    }

    private void assertScoresANetwork(LetheClient client) throws Exception {
        client.putModel(network(), 5_000);
        client.awaitVersion("net", 1, WAIT);
        assertThat(lethe(
                        "scores", "compute", "--model", "net", "--score", "el2n-epochs,memorisation", "--models", "32"))
                .as(printed)
                .isEqualTo(Lethe.DONE);
        JsonNode listed = http(200, "GET", "/v1/models/net/scores?by=el2n-epochs&top=1000", null);
        assertThat(listed.path("samples")).hasSize(listed.path("scored").asInt());
        double before = Double.MAX_VALUE;
        for (JsonNode sample : listed.path("samples")) {
            assertThat(sample.path("el2n_epochs").asDouble()).isBetween(0.0, before);
            assertThat(sample.has("memorisation_error")).isTrue();
            before = sample.path("el2n_epochs").asDouble();
        }
        assertThat(lethe("suspects", "list", "--model", "net")).as(printed).isEqualTo(Lethe.DONE);
        assertThat(lethe("scores", "compute", "--model", "m", "--score", "el2n-epochs"))
                .isEqualTo(Lethe.FAILED);
        assertThat(printed).contains("has no epochs");
    }

    private static ModelSpec network() {
        var layers = java.util.stream.Stream.of("linear", "tanh", "linear")
                .map(kind ->
                        NetworkLayer.newBuilder().setKind(kind).setOutputs(2).build())
                .toList();
        return ModelSpec.newBuilder(Stream.model("net"))
                .setFamily(ModelFamily.SOFTMAX)
                .setIntercept(ModelIntercept.NONE)
                .setL2(0)
                .setNetwork(NetworkSpec.newBuilder()
                        .setInput(List.of(6))
                        .setLayers(layers)
                        .setOptimizer("adam")
                        .setRate(0.01)
                        .setEpochs(5)
                        .setBatch(32)
                        .setSeed(SEED)
                        .setHeldOut(0.1)
                        .setSample(64)
                        .setDamping(0.01)
                        .setMaxMembershipAuc(1)
                        .setMaxValidationRise(10)
                        .setMaxPredictionChange(10)
                        .setMaxChanges(1)
                        .build())
                .build();
    }

    private static String[] with(String[] arguments, String... more) {
        String[] all = Arrays.copyOf(arguments, arguments.length + more.length);
        System.arraycopy(more, 0, all, arguments.length, more.length);
        return all;
    }

    /** Far on one side, with the label of the other. */
    private List<String> flip(LetheClient client) {
        List<Sample> wrong = List.of(far("wrong-1", 1, "no"), far("wrong-2", -1, "yes"), far("wrong-3", 0.8, "no"));
        client.awaitConsumed(client.putSamples(wrong, 3_000), WAIT);
        assertThat(lethe("request", "settle", "--dataset", Stream.DATASET)).isEqualTo(Lethe.DONE);
        return wrong.stream().map(Sample::getSampleId).toList();
    }

    private static Sample far(String id, double value, String label) {
        double[] x = new double[6];
        Arrays.fill(x, value);
        return new Sample(Stream.DATASET, id, null, Doubles.toBuffer(x), label, 1.0);
    }

    private void assertTakesAGroupOut(Path test) throws Exception {
        String[] group = {"influence", "--model", "m", "--test", test.toString(), "--group", "s1,s2"};
        assertThat(lethe(with(group, "--group-curvature", "--output", "json")))
                .as(printed)
                .isEqualTo(Lethe.DONE);
        assertThat(json.readTree(printed).path("group_curvature").asBoolean()).isTrue();
        assertThat(json.readTree(printed).at("/tests/0/group").asDouble()).isNotZero();
        JsonNode answer = influence(200, row(",\"group\":[\"s1\",\"s2\"],\"group_curvature\":true"));
        assertThat(answer.path("group_rows").asInt()).isEqualTo(2);
        assertThat(answer.at("/tests/0/group").asDouble())
                .isCloseTo(json.readTree(printed).at("/tests/0/group").asDouble(), within(1e-6));
        assertThat(lethe("influence", "--model", "m", "--test", test.toString(), "--group-curvature"))
                .isEqualTo(2);
    }

    private void assertShowsInfluence() throws Exception {
        Path test = directory.resolve("test.csv");
        Files.writeString(test, "sample_id,subject_id,label,a,b,c,d,e,f\nt1,,yes,1,0,0,0,0,0\nt2,,no,0,1,0,0,0,0\n");
        assertThat(lethe("influence", "--model", "m", "--test", test.toString(), "--top", "2"))
                .as(printed)
                .isEqualTo(Lethe.DONE);
        assertThat(printed.lines().filter(line -> line.contains("helps"))).hasSize(4);
        assertThat(printed.lines().filter(line -> line.contains("harms"))).hasSize(4);
        assertThat(lethe(
                        "influence", "--model", "m", "--test", test.toString(), "--group", "s1,s2", "--output", "json"))
                .as(printed)
                .isEqualTo(Lethe.DONE);
        assertThat(json.readTree(printed).path("group_rows").asInt()).isEqualTo(2);
        assertTakesAGroupOut(test);
        assertThat(lethe("influence", "--model", "m", "--test", test.toString(), "--together", "--top", "2"))
                .as(printed)
                .isEqualTo(Lethe.DONE);
        assertThat(printed.lines().filter(line -> line.contains("all 2 rows"))).hasSize(4);
        assertThat(lethe("influence", "--model", "none", "--test", test.toString()))
                .isEqualTo(Lethe.FAILED);
    }
}
