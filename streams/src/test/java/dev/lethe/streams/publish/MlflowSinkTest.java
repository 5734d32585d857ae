package dev.lethe.streams.publish;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lethe.schemas.ModelSpec;
import dev.lethe.schemas.ModelVersion;
import dev.lethe.schemas.PromotionSpec;
import dev.lethe.schemas.ValidationMetrics;
import dev.lethe.streams.publish.MlflowSink.Of;
import java.io.IOException;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class MlflowSinkTest {
    private static final String MODEL = Versions.MODEL;

    private final MlflowServer server = new MlflowServer(0);
    private final ModelSpec spec = Versions.spec(4, 2);
    private final ModelSpec gated =
            ModelSpec.newBuilder(spec).setPromote(new PromotionSpec(null, null)).build();
    private final List<ModelVersion> versions = new Versions(spec, 1).chain(3);
    private final MlflowSink sink = sink(Of.VERSIONS, Map.of());
    private final MlflowSink champions = sink(Of.CHAMPIONS, Map.of());

    private MlflowSink sink(Of of, Map<String, String> environment) {
        return new MlflowSink(new MlflowClient(server.url(), environment), of, Optional.of("s3://bucket/lethe/"));
    }

    @AfterEach
    void close() {
        server.close();
    }

    @Test
    void shouldRegisterEveryVersionWithWhatItSaysOfItself() throws IOException {
        ModelVersion measured = ModelVersion.newBuilder(versions.get(1))
                .setValidation(new ValidationMetrics(10L, 0.5, 0.75))
                .build();
        sink.accept(versions.get(0), spec);
        sink.accept(measured, spec);

        assertThat(server.registered(MODEL)).containsExactly("1", "2");
        assertThat(server.tag(MODEL, 1, "lethe.digest")).isEqualTo(measured.getDigest());
        assertThat(server.tag(MODEL, 1, "lethe.parent"))
                .isEqualTo(versions.get(0).getDigest());
        assertThat(server.tag(MODEL, 1, "lethe.validation_accuracy")).isEqualTo("0.75");
        assertThat(server.source(MODEL, 1)).isEqualTo("s3://bucket/lethe/" + MODEL + "/versions/2");
        assertThat(server.alias(MODEL, "unlearned-candidate")).isEqualTo("2");
        assertThat(server.alias(MODEL, "champion")).as("there is no gate").isEqualTo("2");
    }

    @Test
    void shouldRegisterAVersionOnceThatComesTwice() throws IOException {
        for (ModelVersion version : versions) {
            sink.accept(version, spec);
        }
        sink(Of.VERSIONS, Map.of()).accept(versions.get(2), spec);

        assertThat(server.registered(MODEL)).containsExactly("1", "2", "3");
    }

    @Test
    void shouldPointAtTheChampionThatWasChosen() throws IOException {
        sink.accept(versions.get(0), gated);
        assertThat(server.alias(MODEL, "champion")).isNull();
        champions.accept(versions.get(0), gated);
        sink.accept(versions.get(1), gated);

        assertThat(server.alias(MODEL, "champion")).isEqualTo("1");
        assertThat(server.alias(MODEL, "unlearned-candidate")).isEqualTo("2");
        assertThat(server.registered(MODEL)).containsExactly("1", "2");
    }

    @Test
    void shouldLeaveAFreshChampionToWhoRegistersVersions() throws IOException {
        ModelVersion fresh = ModelVersion.newBuilder(versions.get(0))
                .setCreatedAt(System.currentTimeMillis())
                .build();
        assertThatThrownBy(() -> champions.accept(fresh, gated))
                .hasMessageContaining("is not registered in MLflow yet");

        sink.accept(fresh, gated);
        champions.accept(fresh, gated);

        assertThat(server.registered(MODEL)).containsExactly("1");
        assertThat(server.alias(MODEL, "champion")).isEqualTo("1");
    }

    @Test
    void shouldPointAtTheNewestOnceNoneIsChosen() throws IOException {
        champions.tombstone(MODEL);
        sink.accept(versions.get(0), spec);
        champions.accept(versions.get(0), spec);
        sink.accept(ModelVersion.newBuilder(versions.get(1)).setCandidate(true).build(), spec);
        assertThat(server.alias(MODEL, "champion")).isEqualTo("1");

        champions.tombstone(MODEL);

        assertThat(server.alias(MODEL, "champion")).isEqualTo("2");
    }

    @Test
    void shouldBeTriedAgainWhereTheServerIsAway() throws IOException {
        server.breakNext(1);
        assertThatThrownBy(() -> sink.accept(versions.get(0), spec))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("status 503");
        sink.accept(versions.get(0), spec);

        server.remove(MODEL);
        assertThatThrownBy(() -> sink.accept(versions.get(1), spec)).isInstanceOf(IOException.class);
        sink.accept(versions.get(1), spec);
        assertThat(server.registered(MODEL)).containsExactly("2");

        server.close();
        assertThatThrownBy(() -> sink.accept(versions.get(2), spec))
                .isInstanceOf(IOException.class)
                .hasMessageContaining(server.url().toString().substring(0, 16));
    }

    @Test
    void shouldSayWhoItIsAsMlflowsOwnClientsDo() throws IOException {
        sink(Of.VERSIONS, Map.of("MLFLOW_TRACKING_TOKEN", "t")).accept(versions.get(0), spec);
        assertThat(server.authorizations()).containsOnly("Bearer t");

        sink(Of.VERSIONS, Map.of("MLFLOW_TRACKING_USERNAME", "u", "MLFLOW_TRACKING_PASSWORD", "p"))
                .accept(versions.get(1), spec);
        assertThat(server.authorizations()).contains("Basic dTpw");
    }

    @Test
    void shouldNameNoPathOfThisMachine() throws IOException {
        var client = new MlflowClient(URI.create(server.url() + "/"), Map.of());
        new MlflowSink(client, Of.VERSIONS, Optional.of("/data/artifacts")).accept(versions.get(0), spec);

        assertThat(server.source(MODEL, 0)).isEqualTo("lethe://" + MODEL + "/versions/1");
    }
}
