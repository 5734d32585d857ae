package dev.lethe.streams.topology;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lethe.schemas.DeleteRequest;
import dev.lethe.schemas.Rectification;
import dev.lethe.schemas.RectifyRequest;
import dev.lethe.schemas.RelabelRequest;
import dev.lethe.schemas.Relabelling;
import dev.lethe.schemas.SettleRequest;
import dev.lethe.schemas.SettleUntil;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.clients.producer.internals.BuiltInPartitioner;
import org.junit.jupiter.api.Test;

class HomesTest {
    private static final int SHARDS = 12;
    private static final List<String> IDS =
            IntStream.range(0, 200).mapToObj(i -> "é-" + i).toList();

    private final Homes homes = new Homes(SHARDS);

    @Test
    void shouldBeWhereKafkasOwnClientsPutASample() {
        for (String id : IDS) {
            byte[] key = Topics.sampleKey("d", id).getBytes(StandardCharsets.UTF_8);
            assertThat(homes.of("d", id)).isEqualTo(BuiltInPartitioner.partitionForKey(key, SHARDS));
        }
    }

    @Test
    void shouldAskEachShardForItsOwnSamplesOnly() {
        List<String> twice = Stream.concat(IDS.stream(), IDS.stream()).toList();
        var parts = homes.split(new DeleteRequest("r", "d", twice, List.of(), null, null));
        parts.forEach((shard, part) -> assertThat(((DeleteRequest) part).getSamples())
                .isNotEmpty()
                .allMatch(id -> homes.of("d", id) == shard));
        assertThat(parts.values().stream().flatMap(part -> ((DeleteRequest) part).getSamples().stream()))
                .as("each id once")
                .containsExactlyInAnyOrderElementsOf(IDS);
    }

    @Test
    void shouldAskOnlyTheShardThatCanKnow() {
        int home = homes.of("d", "x");
        assertThat(homes.split(new DeleteRequest("r", "d", List.of("x"), List.of(), null, null)))
                .containsOnlyKeys(home);
        var relabelled = homes.split(new RelabelRequest("r", "d", List.of(new Relabelling("x", "1")), null, null));
        assertThat(relabelled).containsOnlyKeys(home);
        var rectification = new Rectification("x", Doubles.toBuffer(new double[] {1}));
        assertThat(homes.split(new RectifyRequest("r", "d", List.of(rectification), null, null)))
                .containsOnlyKeys(home);
    }

    @Test
    void shouldAskAllForSubjects() {
        var parts = homes.split(new DeleteRequest("r", "d", List.of("x"), List.of("u", "v", "u"), null, null));
        assertThat(parts).hasSize(SHARDS);
        parts.forEach((shard, part) -> {
            assertThat(((DeleteRequest) part).getSubjects()).containsExactly("u", "v");
            assertThat(((DeleteRequest) part).getSamples().contains("x")).isEqualTo(shard == homes.of("d", "x"));
        });
    }

    @Test
    void shouldSettleEverywhere() {
        var settle = new SettleRequest("r", "d", SettleUntil.SETTLED, null, null);
        assertThat(homes.split(settle)).hasSize(SHARDS).containsValue(settle);
    }
}
