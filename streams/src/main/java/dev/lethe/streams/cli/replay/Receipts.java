package dev.lethe.streams.cli.replay;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lethe.schemas.Receipt;
import dev.lethe.schemas.ReceiptStatus;
import dev.lethe.streams.publish.ReceiptJson;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The rows of receipts.jsonl, in file order, and what they add up to. */
final class Receipts {
    private final TreeMap<Long, ObjectNode> byLine = new TreeMap<>();
    private final Map<ReceiptStatus, Long> counts = new EnumMap<>(ReceiptStatus.class);
    private long badLines;

    /** The receipt of the request of a line. */
    void add(long line, Receipt receipt) {
        counts.merge(receipt.getStatus(), 1L, Long::sum);
        byLine.put(line, ReceiptJson.of(receipt));
    }

    /** A second request under a used id, with other content: has the line, since the id names another one. */
    void addConflict(long line, Receipt receipt) {
        counts.merge(receipt.getStatus(), 1L, Long::sum);
        byLine.put(line, ReceiptJson.of(receipt).put("line", line));
    }

    /** A request that was refused before it was sent. */
    void addRefused(long line, String requestId, String reasonCode, String reason) {
        counts.merge(ReceiptStatus.REFUSED, 1L, Long::sum);
        ObjectNode row = ReceiptJson.badLine(line, reasonCode, reason);
        row.put("request_id", requestId).put("status", ReceiptStatus.REFUSED.name());
        byLine.put(line, row);
    }

    /** A line that is no event, or a row that does not fit the model. */
    void addBadLine(long line, String reasonCode, String reason) {
        badLines++;
        byLine.put(line, ReceiptJson.badLine(line, reasonCode, reason));
    }

    List<ObjectNode> rows() {
        return List.copyOf(byLine.values());
    }

    long count(ReceiptStatus status) {
        return counts.getOrDefault(status, 0L);
    }

    long badLines() {
        return badLines;
    }
}
