package dev.lethe.streams.topology;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lethe.schemas.DeleteRequest;
import dev.lethe.schemas.Rectification;
import dev.lethe.schemas.RectifyRequest;
import dev.lethe.schemas.RelabelRequest;
import dev.lethe.schemas.Relabelling;
import dev.lethe.schemas.SettleRequest;
import dev.lethe.schemas.SettleUntil;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.List;
import org.apache.avro.specific.SpecificRecord;
import org.junit.jupiter.api.Test;

class RequestRulesTest {
    private static final Instant TIME = Instant.ofEpochMilli(1_700_000_000_000L);

    private static List<SpecificRecord> requests(Instant time) {
        var features = new Rectification("s", Doubles.toBuffer(new double[] {1, 2}));
        return List.of(
                new DeleteRequest("r", "d", List.of("a", "b"), List.of("p"), time, time),
                new RelabelRequest("r", "d", List.of(new Relabelling("a", "yes")), time, time),
                new RectifyRequest("r", "d", List.of(features), time, time),
                new SettleRequest("r", "d", SettleUntil.values()[0], time, time));
    }

    private static byte[] hash(SpecificRecord request) {
        return RequestRules.contentHash(request, Messages.encode(request));
    }

    /** Ledgers keep these digests: a request that is sent again after an update must still be known. */
    @Test
    void shouldDigestTheWholeRequestButItsTimes() throws Exception {
        for (int i = 0; i < 4; i++) {
            SpecificRecord request = requests(TIME).get(i);
            byte[] before = Messages.encode(request);
            byte[] content = Messages.encode(requests(null).get(i));

            byte[] digest = hash(request);

            assertThat(digest)
                    .isEqualTo(MessageDigest.getInstance("SHA-256").digest(content))
                    .isEqualTo(hash(requests(null).get(i)));
            assertThat(Messages.encode(request)).isEqualTo(before).isNotEqualTo(content);
        }
    }
}
