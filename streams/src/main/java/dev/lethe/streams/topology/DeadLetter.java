package dev.lethe.streams.topology;

import java.nio.charset.StandardCharsets;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.streams.processor.api.Record;

/** A record that was read but cannot be handled, on its way to the dead-letter topic with its reason in the headers. */
final class DeadLetter {
    private DeadLetter() {}

    /** {@code now}, since retention would delete one with the time of an old record before it is read. */
    static Record<String, Addressed> of(
            Record<String, ? extends SpecificRecord> record, String code, String reason, long now) {
        var headers = new RecordHeaders(record.headers().toArray());
        headers.add(Nodes.REASON_CODE_HEADER, code.getBytes(StandardCharsets.UTF_8));
        headers.add(Nodes.REASON_HEADER, reason.getBytes(StandardCharsets.UTF_8));
        return new Record<>(record.key(), Addressed.byKey(record.value()), now, headers);
    }
}
