package dev.lethe.streams.cli.replay;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lethe.schemas.ReceiptStatus;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Counts and timings of a run: summary.json. */
final class ReplaySummary {
    private static final double NANOS_PER_MILLI = 1e6;

    private final String model;
    private final Map<String, Double> phases = new LinkedHashMap<>();
    private final Map<String, Long> counts = new LinkedHashMap<>();
    private final List<String> failures = new ArrayList<>();
    private final long start = System.nanoTime();
    private long phaseStart = start;
    private long[] latencies = {};
    private long failedRequests;
    private boolean completed;

    ReplaySummary(String model) {
        this.model = model;
    }

    /** The phase that went on until now is over. */
    void phase(String name) {
        long now = System.nanoTime();
        phases.put(name, (now - phaseStart) / NANOS_PER_MILLI);
        phaseStart = now;
    }

    void count(String name, long value) {
        counts.put(name, value);
    }

    void take(EventRunner runner, Receipts receipts) {
        EventRunner.Counts events = runner.counts();
        count("requests", events.requests);
        count("applied", receipts.count(ReceiptStatus.APPLIED));
        count("refused", receipts.count(ReceiptStatus.REFUSED));
        count("failed", receipts.count(ReceiptStatus.FAILED));
        count("puts", events.puts);
        count("awaits", events.awaits);
        count("exports", events.exports);
        count("bad_lines", receipts.badLines());
        failedRequests = receipts.count(ReceiptStatus.FAILED);
        failures.addAll(runner.failures());
        latencies = runner.latencies();
    }

    void complete() {
        completed = true;
    }

    /** Whether a settle failed, or a model could not follow a request. */
    boolean failed() {
        return !failures.isEmpty() || failedRequests > 0;
    }

    ObjectNode json() {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        json.put("model", model).put("completed", completed);
        ObjectNode numbers = json.putObject("counts");
        counts.forEach(numbers::put);
        ObjectNode times = json.putObject("timings_ms");
        phases.forEach((name, millis) -> times.put(name, rounded(millis)));
        times.put("total", rounded((System.nanoTime() - start) / NANOS_PER_MILLI));
        times.put("request_p50", percentile(0.5));
        times.put("request_p99", percentile(0.99));
        failures.forEach(json.putArray("failures")::add);
        return json;
    }

    private Double percentile(double share) {
        if (latencies.length == 0) {
            return null;
        }
        int rank = (int) Math.ceil(share * latencies.length) - 1;
        return rounded(latencies[Math.max(0, rank)] / NANOS_PER_MILLI);
    }

    private static double rounded(double millis) {
        return Math.round(millis * 1000) / 1000.0;
    }

    /** The run in a sentence. */
    String sentence(Path out) {
        String problems = failures.isEmpty() ? "" : "; failed: " + String.join("; ", failures);
        return String.format(
                Locale.ROOT,
                "%s: %d requests (%d applied, %d refused, %d failed), %d rows added, %d bad lines, %d versions -> %s%s",
                model,
                counts.get("requests"),
                counts.get("applied"),
                counts.get("refused"),
                counts.get("failed"),
                counts.get("puts"),
                counts.get("bad_lines"),
                counts.get("versions"),
                out,
                problems);
    }
}
