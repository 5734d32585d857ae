package dev.lethe.streams.topology;

import dev.lethe.schemas.Receipt;
import dev.lethe.schemas.ReceiptStatus;
import dev.lethe.schemas.RequestType;
import dev.lethe.streams.config.Names;
import dev.lethe.streams.registry.RegistryUnavailableException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.errors.DeserializationExceptionHandler;
import org.apache.kafka.streams.errors.ErrorHandlerContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What becomes of a record whose bytes are no message: it goes to the dead-letter topic as it is, with the reason and the
 * place it came from as headers, and the stream goes on. A request whose CloudEvents headers still tell its id gets a
 * receipt too. Both are part of the transaction that moves past the record.
 */
public final class UnreadableRecords implements DeserializationExceptionHandler {
    private static final Logger LOG = LoggerFactory.getLogger(UnreadableRecords.class);
    private static final String CODE = "UNREADABLE";
    private static final Map<String, RequestType> TYPES = Map.of(
            "dev.lethe.DeleteRequest.v1", RequestType.DELETE,
            "dev.lethe.RelabelRequest.v1", RequestType.RELABEL,
            "dev.lethe.RectifyRequest.v1", RequestType.RECTIFY,
            "dev.lethe.SettleRequest.v1", RequestType.SETTLE);

    private Topics topics;

    /** The application id is the prefix of the topics. */
    @Override
    public void configure(Map<String, ?> configs) {
        topics = new Topics(configs.get(StreamsConfig.APPLICATION_ID_CONFIG).toString());
    }

    @Override
    public Response handleError(
            ErrorHandlerContext context, ConsumerRecord<byte[], byte[]> record, Exception exception) {
        if (exception instanceof RegistryUnavailableException) {
            // Nothing is wrong with the record: the thread starts again, and with it the record.
            return Response.fail();
        }
        LOG.atInfo()
                .addKeyValue("topic", record.topic())
                .addKeyValue("partition", record.partition())
                .addKeyValue("offset", record.offset())
                .addKeyValue("reason", exception.getMessage())
                .log("unreadable record put aside");
        List<ProducerRecord<byte[], byte[]>> out = new ArrayList<>();
        out.add(deadLetter(record, exception.getMessage()));
        if (record.topic().equals(topics.requests().name())) {
            receipt(record, exception.getMessage()).ifPresent(out::add);
        }
        return Response.resume(out);
    }

    private ProducerRecord<byte[], byte[]> deadLetter(ConsumerRecord<byte[], byte[]> record, String reason) {
        var headers = new RecordHeaders(record.headers().toArray());
        headers.add(Nodes.REASON_CODE_HEADER, bytes(CODE));
        headers.add(Nodes.REASON_HEADER, bytes(reason));
        headers.add(Nodes.SOURCE_HEADER, bytes(record.topic() + "-" + record.partition() + "@" + record.offset()));
        return new ProducerRecord<>(
                topics.deadLetters().name(), null, System.currentTimeMillis(), record.key(), record.value(), headers);
    }

    private Optional<ProducerRecord<byte[], byte[]>> receipt(ConsumerRecord<byte[], byte[]> record, String reason) {
        RequestType type = TYPES.get(header(record, "ce_type"));
        String id = header(record, "ce_id");
        if (type == null || id.isEmpty() || id.length() > RequestRules.MAX_ID_LENGTH) {
            return Optional.empty();
        }
        long now = System.currentTimeMillis();
        Receipt receipt = Receipt.newBuilder()
                .setRequestId(id)
                .setDataset(dataset(record))
                .setType(type)
                .setStatus(ReceiptStatus.REFUSED)
                .setApplied(0)
                .setUnknown(0)
                .setAlreadyErased(0)
                .setRefused(0)
                .setModels(List.of())
                .setReasonCode(CODE)
                .setReason(reason)
                .setTopic(record.topic())
                .setPartition(record.partition())
                .setOffset(record.offset())
                .setRequestTime(record.timestamp())
                .setReceiptTime(now)
                .build();
        return Optional.of(
                new ProducerRecord<>(topics.receipts().name(), null, now, bytes(id), Messages.encode(receipt)));
    }

    /** The key names it; what is no name is not repeated. */
    private static String dataset(ConsumerRecord<byte[], byte[]> record) {
        String key = record.key() == null ? "" : new String(record.key(), StandardCharsets.UTF_8);
        return Names.isName(key) ? key : "";
    }

    private static String header(ConsumerRecord<byte[], byte[]> record, String name) {
        Header header = record.headers().lastHeader(name);
        return header == null || header.value() == null ? "" : new String(header.value(), StandardCharsets.UTF_8);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
