package dev.lethe.streams.cli.demo;

import dev.lethe.schemas.ModelSpec;
import dev.lethe.schemas.ModelVersion;
import dev.lethe.schemas.Sample;
import dev.lethe.streams.LetheException;
import dev.lethe.streams.client.Arrival;
import dev.lethe.streams.client.LetheClient;
import dev.lethe.streams.client.Sent;
import dev.lethe.streams.topology.Doubles;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.avro.specific.SpecificRecord;

/** The demo's side of the stream: samples and requests in, receipts and versions out. */
final class DemoRiver {
    private static final Duration PATIENCE = Duration.ofSeconds(120);

    private final LetheClient client;
    private final DemoOutput out;
    private final ModelSpec model;

    /** @param client following receipts and versions */
    DemoRiver(LetheClient client, DemoOutput out, ModelSpec model) {
        this.client = client;
        this.out = out;
        this.model = model;
    }

    /** Sends the rows and waits until the service holds them. */
    void load(List<DemoSample> samples) {
        var sent = client.putSamples(samples.stream().map(this::message).toList(), System.currentTimeMillis());
        client.awaitConsumed(sent, PATIENCE);
    }

    private Sample message(DemoSample sample) {
        return Sample.newBuilder()
                .setDataset(model.getDataset())
                .setSampleId(sample.id())
                .setSubjectId(sample.subject())
                .setFeatures(Doubles.toBuffer(sample.features()))
                .setLabel(sample.label())
                .build();
    }

    /** Puts the model and waits for its first version. */
    ModelVersion train() {
        client.putModel(model, System.currentTimeMillis());
        return client.awaitVersion(model.getModelId(), 1, PATIENCE);
    }

    /** Sends requests, each after the receipt of the one before, so that its time is its own. */
    Phase stream(String task, List<? extends SpecificRecord> requests, long versionBefore) {
        List<Answered> answers = new ArrayList<>();
        long start = System.nanoTime();
        try (Display display = out.display(task, requests.size())) {
            for (SpecificRecord request : requests) {
                Answered answered = ask(request);
                answers.add(answered);
                display.step(answered.line());
            }
        }
        Duration elapsed = Duration.ofNanos(System.nanoTime() - start);
        return new Phase(answers, answers.get(answers.size() - 1).version() - versionBefore, elapsed);
    }

    /** Sends one request and waits for its receipt. */
    Answered ask(SpecificRecord request) {
        Sent sent = client.send(request);
        Arrival arrival = client.awaitReceipt(sent, PATIENCE);
        return Answered.of(arrival.receipt(), model.getModelId(), Duration.ofNanos(arrival.nanos() - sent.sentNanos()));
    }

    /** The parameters of a version. */
    double[] theta(long version) {
        return client.version(model.getModelId(), version)
                .map(found -> Doubles.toArray(found.getTheta()))
                .orElseThrow(() -> new LetheException("version " + version + " of model " + model.getModelId()
                        + " has a receipt but is not on the versions topic; this should not happen, please report it"));
    }
}
