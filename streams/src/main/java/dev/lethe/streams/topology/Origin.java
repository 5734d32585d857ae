package dev.lethe.streams.topology;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;

/** The mark of what a deployment writes to a topic that it reads itself. */
final class Origin {
    private final byte[] deployment;

    /** @param applicationId of the deployment */
    Origin(String applicationId) {
        deployment = applicationId.getBytes(StandardCharsets.UTF_8);
    }

    /** Headers of a record of this deployment's own. @param name what kind of record it is */
    Headers mark(String name) {
        return new RecordHeaders().add(name, deployment);
    }

    /** Whether this deployment wrote a record of that kind. */
    boolean marked(Headers headers, String name) {
        Header header = headers.lastHeader(name);
        return header != null && Arrays.equals(header.value(), deployment);
    }
}
