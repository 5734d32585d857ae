package dev.lethe.unlearn.network;

import dev.lethe.unlearn.objective.Row;
import java.util.ArrayList;
import java.util.List;

/** The captures of one sweep for a second look: kept while they are small, else swept again with the same labels. */
final class KeptCaptures implements AutoCloseable {

    /** 256 MB. */
    private static final long MAX_VALUES = 1L << 25;

    private final Network network;
    private final List<Row> rows;
    private final long seed;
    private final List<Kept> kept = new ArrayList<>();

    private record Kept(List<Row> block, int at, int layer, Capture capture) {}

    /** @param seed of the drawn labels */
    KeptCaptures(Network network, List<Row> rows, long seed) {
        this.network = network;
        this.rows = rows;
        this.seed = seed;
    }

    /** Shows every capture, the first time and every other. @param visitor must not change them */
    void forEach(CaptureSweep.Visitor visitor) {
        if (kept.isEmpty()) {
            boolean small = small(network, rows.size());
            CaptureSweep.run(
                    network, rows, CaptureSweep.Of.SAMPLED_LABELS, seed, small, (block, at, layer, capture) -> {
                        if (small) {
                            kept.add(new Kept(block, at, layer, capture));
                        }
                        visitor.visit(block, at, layer, capture);
                    });
        } else {
            kept.forEach(one -> visitor.visit(one.block, one.at, one.layer, one.capture));
        }
    }

    /** Whether the captures of so many rows are kept. */
    static boolean small(Network network, int rows) {
        List<int[]> shapes = network.architecture().shapes();
        long values = 0;
        for (int i = 0; i < network.architecture().layers().size(); i++) {
            Layer layer = network.architecture().layers().get(i);
            if (Capture.covers(layer)) {
                int[] out = shapes.get(i + 1);
                long positions = out.length == 3 ? (long) out[1] * out[2] : 1;
                values += positions * (Capture.inputs(layer) + Capture.outputs(layer));
            }
        }
        return values * rows <= MAX_VALUES;
    }

    @Override
    public void close() {
        kept.forEach(one -> one.capture.close());
    }
}
