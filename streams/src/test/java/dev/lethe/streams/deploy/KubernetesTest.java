package dev.lethe.streams.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.lethe.streams.cli.Lethe;
import dev.lethe.streams.config.ServiceConfig;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Probe;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.strimzi.api.kafka.model.topic.KafkaTopic;
import io.strimzi.api.kafka.model.user.KafkaUser;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The manifests as Kubernetes' own types read them, and what has to agree between them and the program. */
class KubernetesTest {
    private static final Path FOLDER = Path.of("..", "deploy", "kubernetes");
    private static final Path BASE = FOLDER.resolve("base");
    private static final Path CONFIG = BASE.resolve("lethe.yaml");

    private final ServiceConfig config = ServiceConfig.load(Optional.of(CONFIG), Map.of());

    private static <T> T only(Path file, Class<T> type) throws IOException {
        List<Object> documents = StrictModels.read(file);
        assertThat(documents).hasSize(1);
        return type.cast(documents.get(0));
    }

    private static StatefulSet set() throws IOException {
        return only(BASE.resolve("statefulset.yaml"), StatefulSet.class);
    }

    private static Container container() throws IOException {
        return set().getSpec().getTemplate().getSpec().getContainers().get(0);
    }

    @Test
    void shouldRefuseAFieldThatDoesNotExist() {
        assertThatThrownBy(() -> StrictModels.read("apiVersion: v1\nkind: Service\nspec:\n  selektor: {}\n"))
                .hasMessageContaining("selektor");
    }

    @Test
    void shouldReadEveryManifestThatAKustomizationNames() throws IOException {
        List<Path> kustomizations;
        try (Stream<Path> files = Files.walk(FOLDER)) {
            kustomizations = files.filter(f -> f.endsWith("kustomization.yaml")).toList();
        }
        assertThat(kustomizations).hasSize(3);
        for (Path kustomization : kustomizations) {
            Path folder = kustomization.getParent();
            JsonNode json = new YAMLMapper().readTree(kustomization.toFile());
            List<String> named = Stream.concat(
                            texts(json.path("resources")),
                            texts(json.path("patches").findValues("path")))
                    .toList();
            assertThat(named).isNotEmpty();
            for (String name : named) {
                Path file = folder.resolve(name).normalize();
                if (Files.isDirectory(file)) {
                    assertThat(file.resolve("kustomization.yaml")).exists();
                } else {
                    assertThat(StrictModels.read(file)).as(file.toString()).hasSize(1);
                }
            }
            try (Stream<Path> files = Files.list(folder)) {
                assertThat(files.map(f -> f.getFileName().toString()))
                        .filteredOn(f -> !f.equals("kustomization.yaml") && !f.equals("lethe.yaml"))
                        .as("every file of the folder is named")
                        .isSubsetOf(named);
            }
        }
    }

    private static Stream<String> texts(Iterable<JsonNode> nodes) {
        return StreamSupport.stream(nodes.spliterator(), false).map(JsonNode::asText);
    }

    @Test
    void shouldSelectItsOwnPods() throws IOException {
        Map<String, String> labels = set().getSpec().getTemplate().getMetadata().getLabels();

        assertThat(set().getSpec().getSelector().getMatchLabels()).isEqualTo(labels);
        assertThat(only(BASE.resolve("service.yaml"), Service.class).getSpec().getSelector())
                .isEqualTo(labels);
        assertThat(only(BASE.resolve("poddisruptionbudget.yaml"), PodDisruptionBudget.class)
                        .getSpec()
                        .getSelector()
                        .getMatchLabels())
                .isEqualTo(labels);
        assertThat(only(BASE.resolve("networkpolicy.yaml"), NetworkPolicy.class)
                        .getSpec()
                        .getPodSelector()
                        .getMatchLabels())
                .isEqualTo(labels);
    }

    @Test
    void shouldAskForHealthWhereTheServiceListens() throws IOException {
        int port = config.httpPort().orElseThrow();
        List<Probe> probes = List.of(
                container().getStartupProbe(),
                container().getLivenessProbe(),
                container().getReadinessProbe());

        assertThat(config.httpHost()).isEqualTo("0.0.0.0");
        assertThat(container().getPorts().get(0).getContainerPort()).isEqualTo(port);
        assertThat(container().getPorts().get(0).getName()).isEqualTo("http");
        assertThat(probes).allSatisfy(probe -> {
            assertThat(probe.getHttpGet().getPort().getStrVal()).isEqualTo("http");
            assertThat(probe.getHttpGet().getPath()).isIn("/health/live", "/health/ready");
        });
        assertThat(only(BASE.resolve("networkpolicy.yaml"), NetworkPolicy.class)
                        .getSpec()
                        .getIngress()
                        .get(0)
                        .getPorts()
                        .get(0)
                        .getPort()
                        .getIntVal())
                .isEqualTo(port);
    }

    @Test
    void shouldKeepDataAndLeaveRoomOutsideOfTheHeap() throws IOException {
        assertThat(container().getEnv()).anySatisfy(e -> {
            assertThat(e.getName()).isEqualTo("LETHE_DATA_DIR");
            assertThat(e.getValue()).startsWith(config.dataDir() + "/");
        });
        assertThat(container().getVolumeMounts())
                .anySatisfy(m ->
                        assertThat(m.getMountPath()).isEqualTo(config.dataDir().toString()));
        assertThat(container().getEnv())
                .anySatisfy(e -> assertThat(e.getValue()).isEqualTo("-XX:MaxRAMPercentage=40"));
        Map<String, Quantity> limits = container().getResources().getLimits();
        assertThat(limits.get("memory"))
                .isEqualTo(container().getResources().getRequests().get("memory"));
        assertThat(set().getSpec().getVolumeClaimTemplates()).hasSize(1);
        assertThat(set().getSpec().getTemplate().getSpec().getSecurityContext().getRunAsNonRoot())
                .isTrue();
    }

    @Test
    void shouldTakeItsSecretsFromMountedFiles(@TempDir Path dir) throws IOException {
        Path user = Files.createDirectories(dir.resolve("user"));
        Path cluster = Files.createDirectories(dir.resolve("cluster"));
        Files.writeString(user.resolve("user.password"), "open sesame");
        Files.writeString(cluster.resolve("ca.password"), "open barley");
        Path moved = Files.writeString(
                dir.resolve("lethe.yaml"), Files.readString(CONFIG).replace("/etc/lethe/", dir + "/"));
        Map<String, Object> properties = new HashMap<>(
                ServiceConfig.load(Optional.of(moved), Map.of()).kafka().values());
        properties.put("bootstrap.servers", "127.0.0.1:1");

        var client = new AdminClientConfig(properties);

        assertThat(client.getPassword("ssl.keystore.password").value()).isEqualTo("open sesame");
        assertThat(client.getPassword("ssl.truststore.password").value()).isEqualTo("open barley");
        assertThat(container().getVolumeMounts())
                .extracting(VolumeMount::getMountPath)
                .contains("/etc/lethe/user", "/etc/lethe/cluster");
    }

    /** As Kubernetes would get them, where kubectl with Kustomize is at hand. */
    @ParameterizedTest
    @ValueSource(strings = {"base", "overlays/trial", "overlays/production"})
    void shouldBuildWithKustomize(String folder, @TempDir Path dir) throws Exception {
        Path built = dir.resolve("built.yaml");
        assumeThat(kustomize(FOLDER.resolve(folder), built))
                .as("kubectl with Kustomize 5 on the path")
                .isTrue();

        List<Object> resources = StrictModels.read(built);

        ConfigMap settings = one(resources, ConfigMap.class);
        StatefulSet set = one(resources, StatefulSet.class);
        assertThat(resources).hasSize(6);
        assertThat(settings.getData()).containsEntry("lethe.yaml", Files.readString(CONFIG));
        assertThat(set.getSpec().getTemplate().getSpec().getVolumes())
                .filteredOn(volume -> volume.getConfigMap() != null)
                .extracting(volume -> volume.getConfigMap().getName())
                .containsExactly(settings.getMetadata().getName());
        assertThat(set.getSpec().getTemplate().getSpec().getContainers())
                .singleElement()
                .satisfies(c -> assertThat(c.getReadinessProbe()).isNotNull());
    }

    private static <T> T one(List<Object> resources, Class<T> type) {
        List<T> found =
                resources.stream().filter(type::isInstance).map(type::cast).toList();
        assertThat(found).hasSize(1);
        return found.get(0);
    }

    private static boolean kustomize(Path folder, Path out) throws InterruptedException {
        try {
            return new ProcessBuilder("kubectl", "kustomize", folder.toString())
                            .redirectOutput(out.toFile())
                            .redirectError(ProcessBuilder.Redirect.DISCARD)
                            .start()
                            .waitFor()
                    == 0;
        } catch (IOException missing) {
            return false;
        }
    }

    /** To renew: ./lethe topics --config deploy/kubernetes/base/lethe.yaml --strimzi lethe. */
    @Test
    void shouldHaveTheTopicsOfTheProgram() throws IOException {
        Path file = FOLDER.resolve("strimzi").resolve("topics.yaml");
        StringWriter out = new StringWriter();
        int code = Lethe.commandLine()
                .setOut(new PrintWriter(out))
                .execute("topics", "--config", CONFIG.toString(), "--strimzi", "lethe");

        assertThat(code).isZero();
        assertThat(Files.readString(file)).isEqualTo(out.toString());
        List<Object> resources = StrictModels.read(file);
        assertThat(resources.stream().filter(KafkaTopic.class::isInstance))
                .extracting(topic -> ((KafkaTopic) topic).getMetadata().getName())
                .containsExactlyElementsOf(
                        config.topics().all().stream().map(t -> t.name()).toList());
        assertThat(resources.get(resources.size() - 1)).isInstanceOf(KafkaUser.class);
    }
}
