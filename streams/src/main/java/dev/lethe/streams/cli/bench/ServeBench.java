package dev.lethe.streams.cli.bench;

import dev.lethe.schemas.DeleteRequest;
import dev.lethe.schemas.Receipt;
import dev.lethe.schemas.ReceiptStatus;
import dev.lethe.schemas.SettlePolicy;
import dev.lethe.streams.LetheException;
import dev.lethe.streams.cli.Progress;
import dev.lethe.streams.cli.TemporaryDirectory;
import dev.lethe.streams.cli.bench.Timing.Figures;
import dev.lethe.streams.client.LetheClient;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.TimeUnit;

/** The case of {@code bench serve}: a service with its rows and a fitted model, stopped, killed and started again. */
final class ServeBench implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofMinutes(5);
    private static final double MEGABYTE = 1 << 20;
    private static final double PERCENT = 100;

    private final TemporaryDirectory directory = BenchDirectory.open();
    private final ServeProcess service;
    private final Thread hook = new Thread(this::clean, "lethe-bench-cleanup");
    private final StreamData data;
    private final Plan plan;
    private final Progress progress = Progress.start("serve", -1);

    /**
     * How much is measured.
     *
     * @param rounds starts of each kind
     * @param quiet how long each look at the idle service takes
     * @param options of java, beside those of this process
     */
    record Plan(int rows, int features, int rounds, Duration quiet, List<String> options) {
        /** Looks at the idle service. */
        private static final int LOOKS = 5;
        /** So many times as long as a look passes before the first: what a start leaves to do is done by then. */
        private static final int BEFORE = 3;

        /** Rows that are left for the model once each start has deleted one. */
        private static final int LEFT = 50;

        Plan {
            int least = LEFT + 2 * rounds;
            if (rows < least) {
                throw new IllegalArgumentException("rows: expected at least " + least + ", got " + rows);
            }
            // The labels come from two of them.
            if (features < 2) {
                throw new IllegalArgumentException("features: expected at least 2, got " + features);
            }
        }
    }

    private ServeBench(Plan plan) {
        this.plan = plan;
        this.service = new ServeProcess(directory.path(), plan.options);
        this.data = new StreamData(plan.features, plan.rows);
        Runtime.getRuntime().addShutdownHook(hook);
    }

    static void run(BenchTable table, Plan plan) {
        try (ServeBench bench = new ServeBench(plan)) {
            bench.measure().addTo(table, plan.rows, plan.features);
        }
    }

    private ServeFigures measure() {
        service.start();
        fit();
        double[] stopped = new double[plan.rounds];
        for (int i = 0; i < plan.rounds; i++) {
            service.stop();
            stopped[i] = secondsToAnAnswer("stopped");
        }
        double[] killed = new double[plan.rounds];
        for (int i = 0; i < plan.rounds; i++) {
            service.kill();
            killed[i] = secondsToAnAnswer("killed");
        }
        return new ServeFigures(stopped, killed, idle(), resident());
    }

    private void fit() {
        progress.step("loading " + plan.rows + " rows");
        try (LetheClient client = LetheClient.connect(service.settings())) {
            client.follow(LetheClient.From.NOW);
            client.awaitConsumed(client.putSamples(data.samples(), System.currentTimeMillis()), PATIENCE);
            progress.step("fitting");
            client.putModel(data.model(SettlePolicy.AUTO), System.currentTimeMillis());
            client.awaitVersion(StreamData.MODEL, 1, PATIENCE);
        }
    }

    /** A client that comes once the service says that it is ready, as one that waits for a deployment does. */
    private double secondsToAnAnswer(String before) {
        long start = service.start();
        try (LetheClient client = LetheClient.connect(service.settings())) {
            client.follow(LetheClient.From.NOW);
            DeleteRequest request = data.deletions(1, 1).get(0);
            var arrival = client.awaitReceipt(client.send(request), PATIENCE);
            requireApplied(arrival.receipt());
            progress.step(before);
            return (arrival.nanos() - start) / 1e9;
        }
    }

    private static void requireApplied(Receipt receipt) {
        if (receipt.getStatus() != ReceiptStatus.APPLIED) {
            throw new LetheException("request " + receipt.getRequestId() + " after a start: expected APPLIED, got "
                    + receipt.getStatus());
        }
    }

    private double[] idle() {
        double[] percent = new double[Plan.LOOKS];
        sleep(plan.quiet.multipliedBy(Plan.BEFORE));
        for (int i = 0; i < percent.length; i++) {
            long start = System.nanoTime();
            Duration before = service.cpu();
            sleep(plan.quiet);
            double used = service.cpu().minus(before).toNanos();
            percent[i] = PERCENT * used / (System.nanoTime() - start);
            progress.step("idle");
        }
        return percent;
    }

    private Optional<Figures> resident() {
        OptionalDouble megabytes = ResidentMemory.megabytes(service.pid());
        double rows = (double) plan.rows * plan.features * Double.BYTES / MEGABYTE;
        return megabytes.isEmpty() ? Optional.empty() : Optional.of(new Figures(megabytes.getAsDouble(), 0, rows));
    }

    private static void sleep(Duration time) {
        try {
            TimeUnit.MILLISECONDS.sleep(time.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LetheException("interrupted while a benchmark ran", e);
        }
    }

    private void clean() {
        service.close();
        directory.close();
    }

    @Override
    public void close() {
        progress.close();
        clean();
        Runtime.getRuntime().removeShutdownHook(hook);
    }
}
