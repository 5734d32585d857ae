package dev.lethe.streams.topology;

import dev.lethe.schemas.ModelSpec;
import dev.lethe.streams.config.NetworkSpecs;
import dev.lethe.unlearn.network.Evidence;
import dev.lethe.unlearn.network.KeptRows;
import dev.lethe.unlearn.network.KeyedChange;
import dev.lethe.unlearn.network.MicroBatch;
import dev.lethe.unlearn.network.Network;
import dev.lethe.unlearn.network.NetworkException;
import dev.lethe.unlearn.network.PatchPlan;
import dev.lethe.unlearn.objective.Row;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A network's patches, one at a time, off the stream thread. While {@link #busy()}, what is kept belongs to the worker; the
 * answer comes on the stream thread in {@link #drain()}.
 */
final class NetworkPatches implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(NetworkPatches.class);

    private final ModelSpec spec;
    private final PatchPlan plan;
    private final int batch;
    private final Worker worker;

    /** A network and what is kept of its rows. */
    record Version(Network network, KeptRows kept) {}

    /** One of both. */
    record Outcome(MicroBatch.Outcome.Patched patched, Optional<String> refusal) {
        private static Outcome of(MicroBatch.Outcome outcome) {
            return outcome instanceof MicroBatch.Outcome.Patched patched
                    ? new Outcome(patched, Optional.empty())
                    : refused(((MicroBatch.Outcome.Refused) outcome).reason());
        }

        private static Outcome refused(String reason) {
            return new Outcome(null, Optional.of(reason));
        }
    }

    NetworkPatches(ModelSpec spec, int batch, Worker worker) {
        this.spec = spec;
        this.plan = NetworkSpecs.patchPlan(spec);
        this.batch = batch;
        this.worker = worker;
    }

    boolean busy() {
        return worker.busy();
    }

    void drain() {
        worker.drain();
    }

    static List<KeyedChange> keyed(List<Tail.Entry> entries) {
        return entries.stream()
                .map(entry -> new KeyedChange(entry.sample(), entry.change()))
                .toList();
    }

    /** Patches a version. @param then told what came of it */
    void patch(Version from, List<Tail.Entry> entries, Consumer<Outcome> then) {
        submit(() -> Outcome.of(MicroBatch.apply(from.network, from.kept, keyed(entries), plan)), then);
    }

    /**
     * Patches a version that was fitted anew by what came meanwhile.
     *
     * @param before the version in force, or null
     * @param from what was trained
     * @param behind changes that are not in its rows
     * @param unpublished changes that no version holds yet: what it is measured on
     */
    void finish(
            Network before,
            Version from,
            List<Tail.Entry> behind,
            List<Tail.Entry> unpublished,
            Consumer<Outcome> then) {
        submit(() -> finished(before, from, keyed(behind), keyed(unpublished)), then);
    }

    private Outcome finished(Network before, Version from, List<KeyedChange> behind, List<KeyedChange> unpublished) {
        Network at = from.network;
        int products = 0;
        for (int first = 0; first < behind.size(); first += batch) {
            List<KeyedChange> some = behind.subList(first, Math.min(behind.size(), first + batch));
            MicroBatch.Outcome outcome = MicroBatch.apply(at, from.kept, some, plan);
            if (outcome instanceof MicroBatch.Outcome.Refused) {
                return Outcome.of(outcome);
            }
            var patched = (MicroBatch.Outcome.Patched) outcome;
            at = patched.network();
            products += patched.products();
        }
        List<Row> forgotten = MicroBatch.forgotten(from.kept, unpublished);
        Evidence evidence = MicroBatch.measure(before == null ? at : before, at, forgotten, from.kept);
        return Outcome.of(new MicroBatch.Outcome.Patched(at, evidence, forgotten.size(), products));
    }

    private void submit(Supplier<Outcome> work, Consumer<Outcome> then) {
        worker.submit(() -> {
            Outcome outcome = guarded(work);
            return () -> then.accept(outcome);
        });
    }

    private Outcome guarded(Supplier<Outcome> work) {
        try {
            return work.get();
        } catch (NetworkException e) {
            return Outcome.refused(e.getMessage());
        } catch (RuntimeException | OutOfMemoryError e) {
            LOG.atError().addKeyValue("model", spec.getModelId()).setCause(e).log("patch failed");
            return Outcome.refused(e.toString());
        }
    }

    /**
     * Puts together what the shards found worth keeping.
     *
     * @param before changes that are in their rows, but in no version yet
     */
    void keep(PassInFlight pass, List<Tail.Entry> before, Consumer<KeptRows> then, Consumer<String> failed) {
        List<byte[]> answers = pass.answers();
        worker.submit(() -> {
            try {
                KeptRows kept = KeptRows.merged(
                        NetworkSpecs.keys(spec), spec.getNetwork().getSample(), answers);
                kept.rewind(keyed(before));
                return () -> then.accept(kept);
            } catch (RuntimeException | OutOfMemoryError e) {
                LOG.atError()
                        .addKeyValue("model", spec.getModelId())
                        .setCause(e)
                        .log("rows cannot be read");
                return () -> failed.accept(e.toString());
            }
        });
    }

    /** Evidence of a version that nothing was done to. */
    Evidence measure(Network network, KeptRows kept) {
        return MicroBatch.measure(network, network, List.of(), kept);
    }

    @Override
    public void close() {
        worker.close();
    }
}
