package dev.lethe.streams.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lethe.streams.LetheException;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ServiceConfigTest {
    @TempDir
    Path dir;

    @Test
    void shouldHaveEveryDefaultOfTheEmbeddedBroker() {
        assertThat(ServiceConfig.of(Map.of()))
                .isEqualTo(new ServiceConfig(
                        Optional.empty(),
                        19_092,
                        "127.0.0.1",
                        OptionalInt.of(19_090),
                        "lethe",
                        Path.of(".lethe"),
                        4,
                        1,
                        1,
                        (short) 1,
                        3,
                        Duration.ofMillis(50),
                        Duration.ofMillis(5),
                        Duration.ofMillis(200),
                        64,
                        256,
                        0,
                        512,
                        256,
                        Duration.ofSeconds(60),
                        Duration.ofMillis(2_000),
                        "local",
                        Optional.empty(),
                        Optional.empty(),
                        1_024,
                        Duration.ofDays(30),
                        Optional.empty(),
                        Optional.empty(),
                        KafkaProperties.none()));
    }

    @Test
    void shouldHaveTheDefaultsOfAClusterOnceOneIsNamed() {
        var config = ServiceConfig.of(Map.of("bootstrap.servers", "a:1,b:2"));

        assertThat(config.embedded()).isFalse();
        assertThat(config.shards()).isEqualTo(12);
        assertThat(config.requestPartitions()).isEqualTo(3);
        assertThat(config.modelPartitions()).isEqualTo(3);
        assertThat(config.replicationFactor()).isEqualTo((short) -1);
        assertThat(config.standbyReplicas()).isEqualTo(1);
    }

    @Test
    void shouldTakeAFolderOrABucketAsAStoreAndNothingElse() {
        for (String address : List.of("off", "local", "/var/lethe", "C:\\lethe", "s3://bucket", "s3://bucket/a/b")) {
            assertThat(ServiceConfig.of(Map.of("artifacts.store", address)).artifactsStore())
                    .isEqualTo(address);
        }
        for (String address : List.of("s3://", "s3:///a", "gs://bucket", "http://host/bucket", "")) {
            assertThatThrownBy(() -> ServiceConfig.of(Map.of("artifacts.store", address)))
                    .as(address)
                    .hasMessageContaining("artifacts.store: expected off, local, a folder, or s3://BUCKET/PREFIX");
        }
    }

    @Test
    void shouldTakeVariablesBeforeTheFileAndFlattenNestedKeys() throws Exception {
        Path file = Files.writeString(
                dir.resolve("lethe.yaml"),
                "bootstrap.servers: a:1\nlocal:\n  port: 7\nshards: 3\nkafka:\n  security.protocol: SSL\n");

        var config = ServiceConfig.load(
                Optional.of(file),
                Map.of("LETHE_SHARDS", "5", "LETHE_KAFKA_SASL_MECHANISM", "PLAIN", "LETHE_PORT", "noise"));

        assertThat(config.bootstrapServers()).contains("a:1");
        assertThat(config.localPort()).isEqualTo(7);
        assertThat(config.shards()).isEqualTo(5);
        assertThat(config.kafka().values()).isEqualTo(Map.of("security.protocol", "SSL", "sasl.mechanism", "PLAIN"));
    }

    @ParameterizedTest
    @CsvSource({"off,", "false,", "0,0", "7,7"})
    void shouldServeHttpUnlessItIsOff(String value, Integer port) {
        var config = ServiceConfig.of(Map.of("http.port", value));

        assertThat(config.httpPort()).isEqualTo(port == null ? OptionalInt.empty() : OptionalInt.of(port));
    }

    @ParameterizedTest
    @CsvSource({
        "shard,            1,     did you mean shards?",
        "settle.quiet,     1,     did you mean settle.quiet.ms?",
        "xyz,              1,     expected one of",
        "shards,           zero,  'shards: expected a whole number from 1 to 10000, got ''zero'''",
        "shards,           0,     got '0'",
        "artifacts.s3.endpoint, localhost, 'expected http://HOST:PORT or https://HOST, got ''localhost'''",
        "http.port,        on,    'expected a whole number from 0 to 65535, or off, got ''on'''",
        "http.port,        65536, got '65536'",
        "prefix,           a/b,   got 'a/b'",
        "kafka.acks,       1,     remove it",
        "kafka.bootstrap.servers, x:1, use bootstrap.servers",
    })
    void shouldRefuseWhatIsUnknownOrNotAllowed(String key, String value, String message) {
        assertThatThrownBy(() -> ServiceConfig.of(Map.of(key, value)))
                .isInstanceOf(LetheException.class)
                .hasMessageContaining(key)
                .hasMessageContaining(message);
    }

    @Test
    void shouldNotQuoteAFileThatIsNoYaml() throws Exception {
        Path file = Files.writeString(dir.resolve("lethe.yaml"), "shards: 1\nkafka: {sasl.jaas.config: 's3cret\n");

        assertThatThrownBy(() -> ServiceConfig.load(Optional.of(file), Map.of()))
                .isInstanceOf(LetheException.class)
                .hasMessageContaining("is not YAML in line")
                .hasMessageNotContaining("s3cret");
    }

    @Test
    void shouldHideValuesHandedToKafka() {
        var config = ServiceConfig.of(Map.of("kafka.ssl.key.password", "s3cret"));

        assertThat(config.toString()).contains("ssl.key.password").doesNotContain("s3cret");
    }

    @Test
    void shouldDescribeEverySetting() {
        assertThat(Settings.ALL).allSatisfy(setting -> {
            assertThat(setting.doc()).endsWith(".");
            assertThat(Settings.reference()).contains(setting.key(), setting.doc(), setting.variable());
        });
    }

    @Test
    void shouldMapEverySetting() {
        var components = Arrays.stream(ServiceConfig.class.getRecordComponents())
                .map(RecordComponent::getName)
                .filter(name -> !name.equals("kafka"))
                .toList();

        assertThat(Settings.ALL).hasSameSizeAs(components);
    }
}
