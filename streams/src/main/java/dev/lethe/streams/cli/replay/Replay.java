package dev.lethe.streams.cli.replay;

import dev.lethe.schemas.ModelSpec;
import dev.lethe.schemas.Receipt;
import dev.lethe.schemas.ReceiptStatus;
import dev.lethe.schemas.SettleRequest;
import dev.lethe.schemas.SettleUntil;
import dev.lethe.streams.LetheException;
import dev.lethe.streams.cli.Progress;
import dev.lethe.streams.client.LetheClient;
import dev.lethe.streams.config.ModelFile;
import dev.lethe.streams.topology.ModelRules;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.UUID;

/**
 * The batch form of the main job: a model, its samples and a file of events go through a real broker and the real
 * topology; versions and receipts come out as files.
 */
final class Replay {
    private final Inputs inputs;
    private final EventClock clock = new EventClock();

    /**
     * What a run is given.
     *
     * @param model definition, YAML
     * @param samples a file, or an IDX pair with a comma
     * @param events one JSON object a line
     * @param out folder of the results
     * @param timeout bound of each single wait
     */
    record Inputs(Path model, String samples, Path events, Path out, Duration timeout) {}

    Replay(Inputs inputs) {
        this.inputs = inputs;
    }

    /**
     * Runs everything and writes the results; what was reached is written also when the run ends early.
     *
     * @throws dev.lethe.unlearn.format.FileFormatException if an input file is unreadable or wrong
     * @throws LetheException if the service fails or does not answer in time
     */
    ReplaySummary run() {
        ModelSpec spec = ModelFile.read(inputs.model());
        ModelRules.check(spec).ifPresent(reason -> {
            throw new LetheException(inputs.model() + ": " + reason);
        });
        ReplaySummary summary = new ReplaySummary(spec.getModelId());
        OutputFolder out = OutputFolder.create(inputs.out());
        try (EventFile events = EventFile.open(inputs.events());
                ReplayStage stage = ReplayStage.open()) {
            summary.phase("start");
            fit(spec, stage.client(), summary);
            play(spec, events, stage.client(), out, summary);
        } catch (IOException e) {
            throw new UncheckedIOException(inputs.events() + " cannot be closed", e);
        }
        return summary;
    }

    /** All rows first, then the model: its first version is the fit to all of them. */
    private void fit(ModelSpec spec, LetheClient client, ReplaySummary summary) {
        SampleLoader loader = new SampleLoader(spec);
        var rows = loader.load(inputs.samples(), client, clock.next());
        client.awaitConsumed(rows, inputs.timeout());
        summary.count("samples", loader.count());
        summary.phase("load");
        loader.warning().ifPresent(System.err::println);
        client.putModel(spec, clock.next());
        awaitFit(spec, client);
        summary.phase("fit");
    }

    /**
     * Waits for the first version, or for the word that there can be none: asks until the model takes part in the answer,
     * since the question may overtake the model on its way to the shards.
     */
    private void awaitFit(ModelSpec spec, LetheClient client) {
        String prefix = "lethe-open-" + UUID.randomUUID() + "-";
        long end = System.nanoTime() + inputs.timeout().toNanos();
        for (int i = 1; System.nanoTime() < end; i++) {
            var ask = new SettleRequest(prefix + i, spec.getDataset(), SettleUntil.APPLIED, null, null);
            var sent = LetheClient.join(client.send(ask, clock.next()));
            Receipt receipt = client.awaitReceipt(sent, inputs.timeout()).receipt();
            if (receipt.getStatus() == ReceiptStatus.FAILED) {
                throw new LetheException("model " + spec.getModelId() + " cannot be fitted: "
                        + receipt.getModels().get(0).getReason());
            }
            if (!receipt.getModels().isEmpty()) {
                client.awaitVersion(spec.getModelId(), 1, inputs.timeout());
                return;
            }
        }
        throw new LetheException("model " + spec.getModelId() + " has no version after "
                + inputs.timeout().toSeconds() + " s: give more time with --timeout");
    }

    private void play(ModelSpec spec, EventFile events, LetheClient client, OutputFolder out, ReplaySummary summary) {
        Receipts receipts = new Receipts();
        EventRunner runner = new EventRunner(spec, client, clock, out, receipts, inputs.timeout());
        try (Progress progress = Progress.start("events", -1)) {
            while (events.hasNext()) {
                runner.run(events.next());
                progress.step();
            }
            runner.finish();
            summary.complete();
        } finally {
            summary.phase("events");
            summary.take(runner, receipts);
            summary.count(
                    "versions",
                    client.awaitVersion(spec.getModelId(), 1, inputs.timeout()).getVersion());
            write(out, receipts, summary);
        }
    }

    private static void write(OutputFolder out, Receipts receipts, ReplaySummary summary) {
        try {
            out.receipts(receipts.rows());
            out.summary(summary.json());
        } catch (IOException e) {
            throw new LetheException("folder " + out.path() + " cannot be written (" + e + ")", e);
        }
    }
}
