package dev.lethe.streams.topology;

import dev.lethe.schemas.LedgerEntry;
import dev.lethe.schemas.ModelNotice;
import dev.lethe.schemas.Notices;
import dev.lethe.schemas.Part;
import dev.lethe.schemas.Parts;
import dev.lethe.schemas.Receipt;
import dev.lethe.schemas.ShardNotice;
import dev.lethe.streams.metrics.LetheMetrics;
import dev.lethe.streams.topology.Ledger.Coordinates;
import dev.lethe.streams.topology.RequestRules.Refusal;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.streams.processor.Cancellable;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the ledger: refuses bad requests, writes the intent, sends the parts to the shards, gathers the notices of
 * shards and models, writes the receipt.
 */
final class RequestProcessor implements Processor<String, SpecificRecord, String, Addressed> {
    private static final Logger LOG = LoggerFactory.getLogger(RequestProcessor.class);

    private static final Duration LOOK_EVERY = Duration.ofMillis(100);
    private static final int LOOK_SLICE = 1_000;

    private final Ledger ledger;
    private final Homes homes;
    private final LetheMetrics metrics;
    private ProcessorContext<String, Addressed> context;
    private LedgerStore entries;
    /** Per shard what it is asked in this transaction. */
    private List<Bundle<Part>> parts;

    private String task;
    private Cancellable lookForOpen;

    private final OpenAllowance allowance;

    RequestProcessor(TopologySettings settings, OpenAllowance allowance) {
        this.allowance = allowance;
        homes = new Homes(settings.shards());
        ledger = new Ledger(homes);
        metrics = settings.metrics();
    }

    @Override
    public void init(ProcessorContext<String, Addressed> context) {
        this.context = context;
        // A task that is revived after a failure keeps its processor.
        leave();
        entries = new LedgerStore(
                context.getStateStore(Nodes.LEDGER), context.getStateStore(Nodes.LEDGER_JOURNAL), allowance);
        parts = IntStream.range(0, homes.shards()).mapToObj(this::partsOf).toList();
        context.<CommitHook>getStateStore(Nodes.REQUEST_COMMIT).install(context, this::flush);
        task = context.taskId().toString();
        entries.eachJournalled((id, entry) -> metrics.openRequests().opened(task, id, entry.getRequestTime()));
        lookForOpen = context.schedule(LOOK_EVERY, PunctuationType.WALL_CLOCK_TIME, time -> lookForOpen());
    }

    private Bundle<Part> partsOf(int shard) {
        // Not the time that a request claims: retention would delete the part of an old one before it is read.
        return new Bundle<>(
                Parts::new,
                message -> context.forward(
                        new Record<>(null, Addressed.to(shard, message), context.currentSystemTimeMs()),
                        Nodes.TO_PARTS));
    }

    /** Requests that an earlier run left open, found a slice of the ledger at a time. */
    private void lookForOpen() {
        boolean more = entries.look(LOOK_SLICE, (id, entry) -> {
            // What this transaction has closed is not in the store yet.
            if (entry.getReceipt() == null && entries.get(id).getReceipt() == null) {
                metrics.openRequests().opened(task, id, entry.getRequestTime());
            }
        });
        if (!more) {
            lookForOpen.cancel();
        }
    }

    @Override
    public void close() {
        metrics.openRequests().left(task);
        leave();
    }

    private void leave() {
        if (entries != null) {
            entries.close();
        }
    }

    @Override
    public void process(Record<String, SpecificRecord> record) {
        SpecificRecord message = record.value();
        if (message instanceof Notices several) {
            several.getNotices().forEach(this::gather);
        } else if (message instanceof ShardNotice || message instanceof ModelNotice) {
            gather(message);
        } else if (message != null) {
            accept(record);
        }
        Transaction.current().worked(context);
    }

    private void gather(Object message) {
        if (message instanceof ShardNotice notice) {
            gather(notice.getRequestId(), entry -> ledger.with(entry, notice));
        } else if (message instanceof ModelNotice notice) {
            gather(notice.getRequestId(), entry -> ledger.with(entry, notice));
        }
    }

    /** The end of a transaction. */
    private void flush() {
        parts.forEach(Bundle::flush);
        entries.flush();
        Transaction.current().ended();
    }

    private void accept(Record<String, SpecificRecord> record) {
        SpecificRecord request = record.value();
        var meta = context.recordMetadata().orElseThrow();
        var at = new Coordinates(meta.topic(), meta.partition(), meta.offset(), record.timestamp());
        byte[] encoded = Messages.encode(request);
        var refusal = RequestRules.check(record.key(), request, encoded.length);
        if (refusal.isPresent()) {
            answer(Ledger.refused(request, at, refusal.get(), context.currentSystemTimeMs()));
            return;
        }
        String id = RequestRules.requestId(request);
        LedgerEntry known = entries.get(id);
        if (known != null) {
            repeat(request, encoded, at, known);
            return;
        }
        var asked = homes.split(request);
        entries.put(id, ledger.open(request, RequestRules.contentHash(request, encoded), asked.size(), at));
        metrics.openRequests().opened(task, id, at.time());
        Transaction.current().produced();
        asked.forEach((shard, own) -> parts.get(shard)
                .add(new Part(own, at.time(), at.partition(), at.offset(), asked.size()), encoded.length));
    }

    /** The first receipt of a request stands: the same request gets it again, another one under its id is refused. */
    private void repeat(SpecificRecord request, byte[] encoded, Coordinates at, LedgerEntry known) {
        if (!known.getContentHash().equals(ByteBuffer.wrap(RequestRules.contentHash(request, encoded)))) {
            Coordinates first = Ledger.coordinates(known);
            var refusal = new Refusal(
                    "CONFLICT",
                    "request id " + RequestRules.requestId(request) + " was used before with other content (at "
                            + first.topic() + "-" + first.partition() + "@" + first.offset()
                            + "); its receipt stands. Send the new request under a new id");
            answer(Ledger.refused(request, at, refusal, context.currentSystemTimeMs()));
        } else if (known.getReceipt() != null) {
            send(known.getReceipt());
        }
    }

    private void gather(String requestId, java.util.function.UnaryOperator<LedgerEntry> add) {
        LedgerEntry entry = entries.get(requestId);
        if (entry == null || entry.getReceipt() != null) {
            LOG.atDebug().addKeyValue("request", requestId).log("late notice");
            return;
        }
        LedgerEntry updated = add.apply(entry);
        var receipt = ledger.receipt(requestId, updated, context.currentSystemTimeMs());
        entries.put(requestId, receipt.map(r -> ledger.closed(updated, r)).orElse(updated));
        receipt.ifPresent(r -> {
            metrics.openRequests().closed(task, requestId);
            answer(r);
        });
    }

    private void answer(Receipt receipt) {
        metrics.answered(receipt);
        send(receipt);
    }

    private void send(Receipt receipt) {
        Transaction.current().produced();
        context.forward(
                new Record<>(receipt.getRequestId(), Addressed.byKey(receipt), receipt.getReceiptTime()),
                Nodes.TO_RECEIPTS);
    }
}
