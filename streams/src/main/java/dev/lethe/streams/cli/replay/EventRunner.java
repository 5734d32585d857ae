package dev.lethe.streams.cli.replay;

import dev.lethe.schemas.DeleteRequest;
import dev.lethe.schemas.ModelReceipt;
import dev.lethe.schemas.ModelSpec;
import dev.lethe.schemas.ModelVersion;
import dev.lethe.schemas.Receipt;
import dev.lethe.schemas.ReceiptStatus;
import dev.lethe.schemas.RectifyRequest;
import dev.lethe.schemas.RelabelRequest;
import dev.lethe.schemas.SettlePolicy;
import dev.lethe.schemas.SettleRequest;
import dev.lethe.schemas.SettleUntil;
import dev.lethe.streams.LetheException;
import dev.lethe.streams.cli.SampleMessages;
import dev.lethe.streams.client.LetheClient;
import dev.lethe.streams.client.Positions;
import dev.lethe.streams.config.Specs;
import dev.lethe.unlearn.format.RawSample;
import dev.lethe.unlearn.objective.Mapping;
import dev.lethe.unlearn.objective.RowMapper;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;

/**
 * Carries out events in file order. Requests follow each other without a wait; a row goes in only when all requests
 * above it are done, and what follows it waits until it is in, since rows and requests travel on different topics.
 */
final class EventRunner {
    /** The run's own requests: not in receipts.jsonl, and no file can hold their ids. */
    private final String awaitPrefix = "lethe-await-" + UUID.randomUUID() + "-";

    private final ModelSpec spec;
    private final LetheClient client;
    private final EventClock clock;
    private final OutputFolder out;
    private final Duration timeout;
    private final RowMapper mapper;
    private final Receipts receipts;
    private final RequestPipeline requests;
    private final Counts counts = new Counts();
    private final List<String> failures = new ArrayList<>();
    private int settleRequests;
    private Positions rowsUnderWay = new Positions(Map.of());

    /** How many events of each kind there were. */
    static final class Counts {
        long requests;
        long puts;
        long awaits;
        long exports;
    }

    EventRunner(
            ModelSpec spec,
            LetheClient client,
            EventClock clock,
            OutputFolder out,
            Receipts receipts,
            Duration timeout) {
        this.spec = spec;
        this.client = client;
        this.clock = clock;
        this.out = out;
        this.timeout = timeout;
        this.mapper = Specs.mapper(spec);
        this.receipts = receipts;
        this.requests = new RequestPipeline(client, receipts, timeout);
    }

    /** Carries out one event. */
    void run(Event event) {
        if (event instanceof Event.Put put) {
            put(put);
            return;
        }
        if (event instanceof Event.BadLine bad) {
            receipts.addBadLine(bad.line(), bad.reasonCode(), bad.reason());
            return;
        }
        awaitRows();
        if (event instanceof Event.Await await) {
            counts.awaits++;
            await(await.until());
        } else if (event instanceof Event.Export export) {
            counts.exports++;
            export(export.name(), SettleUntil.APPLIED);
        } else {
            request(event);
        }
    }

    /** Ends the run: everything applied, and settled unless the model is never settled; then the last version. */
    void finish() {
        awaitRows();
        export(OutputFolder.FINAL, spec.getSettle() == SettlePolicy.NEVER ? SettleUntil.APPLIED : SettleUntil.SETTLED);
        requests.addConflicts();
    }

    private void request(Event event) {
        counts.requests++;
        long time = clock.next();
        if (event instanceof Event.Delete e) {
            requests.send(
                    e.line(),
                    e.requestId(),
                    DeleteRequest.newBuilder()
                            .setRequestId(e.requestId())
                            .setDataset(spec.getDataset())
                            .setSamples(e.samples())
                            .setSubjects(e.subjects())
                            .build(),
                    time);
        } else if (event instanceof Event.Relabel e) {
            requests.send(
                    e.line(),
                    e.requestId(),
                    RelabelRequest.newBuilder()
                            .setRequestId(e.requestId())
                            .setDataset(spec.getDataset())
                            .setSamples(e.samples())
                            .build(),
                    time);
        } else if (event instanceof Event.Rectify e) {
            requests.send(
                    e.line(),
                    e.requestId(),
                    RectifyRequest.newBuilder()
                            .setRequestId(e.requestId())
                            .setDataset(spec.getDataset())
                            .setSamples(e.samples())
                            .build(),
                    time);
        }
    }

    private void put(Event.Put put) {
        counts.puts++;
        RawSample row = put.sample();
        if (mapper.map(row.features(), row.label(), row.weight()) instanceof Mapping.Misfit misfit) {
            receipts.addBadLine(put.line(), misfit.code(), "sample " + row.id() + ": " + misfit.reason());
            return;
        }
        requests.drain();
        rowsUnderWay =
                rowsUnderWay.and(client.putSamples(List.of(SampleMessages.of(spec.getDataset(), row)), clock.next()));
    }

    /** Rows that follow each other need no wait between them: those of one id keep their order. */
    private void awaitRows() {
        if (!rowsUnderWay.last().isEmpty()) {
            client.awaitConsumed(rowsUnderWay, timeout);
            rowsUnderWay = new Positions(Map.of());
        }
    }

    /** Waits until everything above is applied, or settled, with a request that changes nothing. */
    private Receipt await(SettleUntil until) {
        requests.drain();
        var request = SettleRequest.newBuilder()
                .setRequestId(awaitPrefix + ++settleRequests)
                .setDataset(spec.getDataset())
                .setUntil(until)
                .build();
        var sent = LetheClient.join(client.send(request, clock.next()));
        Receipt receipt = client.awaitReceipt(sent, timeout).receipt();
        if (receipt.getStatus() != ReceiptStatus.APPLIED) {
            failures.add("await " + until + ": " + receipt.getReason());
        }
        return receipt;
    }

    private void export(String name, SettleUntil until) {
        Optional<Long> number = await(until).getModels().stream()
                .filter(model -> model.getModelId().equals(spec.getModelId()))
                .map(ModelReceipt::getVersion)
                .filter(Objects::nonNull)
                .findFirst();
        if (number.isEmpty()) {
            failures.add("export " + name + ": there is no version that holds everything above");
            return;
        }
        client.awaitVersion(spec.getModelId(), number.get(), timeout);
        ModelVersion version = client.version(spec.getModelId(), number.get())
                .orElseThrow(() -> new LetheException("version " + number.get() + " is gone from its topic"));
        try {
            out.version(name, version, spec);
        } catch (IOException e) {
            throw new LetheException("folder " + out.path().resolve(name) + " cannot be written (" + e + ")", e);
        }
    }

    Counts counts() {
        return counts;
    }

    List<String> failures() {
        return failures;
    }

    long[] latencies() {
        return requests.latencies();
    }
}
