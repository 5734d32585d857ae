package dev.lethe.streams.cli.bench;

import dev.lethe.unlearn.network.Architecture;
import dev.lethe.unlearn.network.Layer;
import dev.lethe.unlearn.network.Network;
import dev.lethe.unlearn.network.NetworkLoss;
import dev.lethe.unlearn.network.Patch;
import dev.lethe.unlearn.network.PatchOutcome;
import dev.lethe.unlearn.network.PatchPlan;
import dev.lethe.unlearn.objective.Row;
import dev.lethe.unlearn.objective.RowChange;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;

/** What is resident after 1 000 and after 10 000 patches. */
final class NetworkMemory {

    private static final int EVENTS = 10_000;
    private static final int EARLY = 1_000;
    private static final int SAMPLE = 128;
    private static final double FLAT = 1.05;
    private static final double MEGABYTES = 1.0 / 1024;
    private static final Path STATUS = Path.of("/proc/self/status");
    private static final PatchPlan SHORT = new PatchPlan(1e-2, 1, 4, 0.1, 0.1);

    private NetworkMemory() {}

    static void run(BenchTable table) {
        if (!Files.isReadable(STATUS)) {
            table.note("no " + STATUS + " on this system: native memory is skipped");
            return;
        }
        table.note("measuring resident memory over " + EVENTS + " patches, 49-32-10 ...");
        List<Row> rows = NetworkData.seeded(49, 10, 2 * SAMPLE);
        Architecture small = Architecture.perceptron(new Layer.Tanh(), 49, 32, 10);
        double[] theta = new Random(NetworkBench.SEED)
                .doubles(small.parameters(), -0.2, 0.2)
                .toArray();
        Network network = new Network(small, NetworkLoss.CROSS_ENTROPY, theta);
        double early = 0;
        for (int event = 1; event <= EVENTS; event++) {
            List<RowChange> change = List.of(RowChange.remove(rows.get(SAMPLE + event % SAMPLE)));
            PatchOutcome outcome = Patch.of(network, change, rows.subList(0, SAMPLE), 2L * SAMPLE, SHORT, null);
            if (outcome instanceof PatchOutcome.Refused refused) {
                throw new IllegalStateException("patch refused: " + refused.reason());
            }
            if (event == EARLY) {
                early = resident();
            }
        }
        table.addAtMost(
                "resident memory after 10 000 events against 1 000", "MB", NetworkBench.one(resident(), early), FLAT);
    }

    /** VmRSS after a collection, in MB. */
    private static double resident() {
        System.gc();
        try {
            return Files.readAllLines(STATUS).stream()
                    .filter(line -> line.startsWith("VmRSS:"))
                    .mapToDouble(line -> Double.parseDouble(line.replaceAll("[^0-9]", "")) * MEGABYTES)
                    .findFirst()
                    .orElseThrow();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
