package dev.lethe.streams.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.lethe.streams.config.ServiceConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.StreamSupport;
import org.apache.kafka.common.utils.AppInfoParser;
import org.junit.jupiter.api.Test;

/** The files for deployment fit each other and the program; no image is built here. */
class DeployTest {
    /** Maven runs the tests of a module in its folder. */
    private static final Path DEPLOY = Path.of("..", "deploy");

    private final JsonNode compose =
            YAMLMapper.builder().build().readTree(Files.readString(DEPLOY.resolve("compose.yaml")));
    private final String dockerfile = Files.readString(DEPLOY.resolve("Dockerfile"));
    private final ServiceConfig config = ServiceConfig.load(Optional.of(DEPLOY.resolve("lethe.yaml")), Map.of());

    DeployTest() throws IOException {}

    @Test
    void shouldConfigureACluster() {
        assertThat(config.embedded()).isFalse();
        assertThat(config.bootstrapServers()).hasValue("kafka:9092");
    }

    @Test
    void shouldRunTheKafkaThatLetheIsBuiltWith() {
        assertThat(compose.at("/services/kafka/image").asText())
                .isEqualTo("apache/kafka:" + AppInfoParser.getVersion());
    }

    @Test
    void shouldMountTheConfigurationWhereTheImageReadsIt() {
        String target = "/etc/lethe/lethe.yaml";

        assertThat(dockerfile).contains("CMD [\"serve\", \"--config\", \"" + target + "\"]");
        assertThat(texts("/services/lethe/volumes")).contains("./lethe.yaml:" + target + ":ro");
    }

    @Test
    void shouldKeepTheDataInAVolume() {
        String data = config.dataDir().toString();

        assertThat(dockerfile)
                .containsPattern("(?s)USER lethe\n.*RUN \\[\"mkdir\", \"" + data + "\"\\]\nVOLUME " + data)
                .contains("LETHE_DATA_DIR=" + data);
        assertThat(texts("/services/lethe/volumes")).contains("lethe-data:" + data);
        assertThat(compose.at("/volumes").has("lethe-data")).isTrue();
        assertThat(compose.at("/volumes").has("kafka-data")).isTrue();
    }

    @Test
    void shouldAskForHealthWhereTheServiceAnswers() {
        int port = config.httpPort().orElseThrow();

        assertThat(texts("/services/lethe/healthcheck/test"))
                .containsExactly("CMD", "curl", "-fsS", "http://127.0.0.1:" + port + "/health/ready");
        assertThat(dockerfile).containsPattern("install .*curl");
    }

    @Test
    void shouldTestItsLibrariesWhenTheImageIsBuilt() {
        assertThat(dockerfile).containsPattern("RUN .*/opt/lethe/bin/lethe selftest\"]");
        assertThat(Lethe.commandLine().getSubcommands()).containsKey("selftest");
    }

    @Test
    void shouldStartWithTheClassesThatTheImageWasBuiltWith() throws IOException {
        String archive = "/var/lib/lethe/lethe.jsa";

        assertThat(dockerfile).contains("-XX:ArchiveClassesAtExit=" + archive + " ");
        assertThat(Files.readString(DEPLOY.resolve("entrypoint.sh"))).contains("archive=" + archive + "\n");
    }

    @Test
    void shouldMountOnlyWhatIsThere() {
        List<String> mounts = StreamSupport.stream(compose.path("services").spliterator(), false)
                .flatMap(service -> StreamSupport.stream(service.path("volumes").spliterator(), false))
                .map(volume -> volume.asText().split(":")[0])
                .filter(source -> source.startsWith("./"))
                .toList();

        assertThat(mounts)
                .hasSize(4)
                .allSatisfy(source -> assertThat(DEPLOY.resolve(source)).exists());
    }

    @Test
    void shouldNotRunAsRoot() {
        assertThat(dockerfile).containsPattern("(?m)^USER lethe$").contains("OMP_NUM_THREADS=1");
    }

    private List<String> texts(String pointer) {
        return StreamSupport.stream(compose.at(pointer).spliterator(), false)
                .map(JsonNode::asText)
                .toList();
    }
}
