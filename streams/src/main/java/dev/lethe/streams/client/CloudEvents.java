package dev.lethe.streams.client;

import dev.lethe.schemas.DeleteRequest;
import dev.lethe.schemas.RectifyRequest;
import dev.lethe.schemas.RelabelRequest;
import dev.lethe.schemas.SettleRequest;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.producer.ProducerRecord;

/** CloudEvents attributes as record headers (CloudEvents 1.0, Kafka protocol binding, binary mode). */
final class CloudEvents {
    private CloudEvents() {}

    static void describe(ProducerRecord<?, ?> record, String id, String source, String type) {
        put(record, "ce_specversion", "1.0");
        put(record, "ce_id", id);
        put(record, "ce_source", source);
        put(record, "ce_type", type);
        put(record, "ce_time", Instant.ofEpochMilli(record.timestamp()).toString());
        put(record, "content-type", "avro/binary");
    }

    /** The event type: what happened, and the version of its schema. */
    static String type(SpecificRecord message) {
        return "dev.lethe." + message.getSchema().getName() + ".v1";
    }

    /** The idempotency key, which is the event's id too. */
    static String requestId(SpecificRecord request) {
        if (request instanceof DeleteRequest delete) {
            return delete.getRequestId();
        }
        if (request instanceof RelabelRequest relabel) {
            return relabel.getRequestId();
        }
        if (request instanceof RectifyRequest rectify) {
            return rectify.getRequestId();
        }
        if (request instanceof SettleRequest settle) {
            return settle.getRequestId();
        }
        throw new IllegalArgumentException("expected a delete, relabel, rectify or settle request, got "
                + request.getSchema().getName());
    }

    /** The dataset a request speaks of: the record key, so that the requests of one dataset stay in order. */
    static String dataset(SpecificRecord request) {
        return (String) request.get(request.getSchema().getField("dataset").pos());
    }

    private static void put(ProducerRecord<?, ?> record, String name, String value) {
        record.headers().add(name, value.getBytes(StandardCharsets.UTF_8));
    }
}
