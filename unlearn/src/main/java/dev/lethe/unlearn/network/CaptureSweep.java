package dev.lethe.unlearn.network;

import dev.lethe.unlearn.objective.Row;
import java.util.List;
import java.util.Random;

/** Goes through rows block by block and shows what each block left at every linear and conv2d layer. */
final class CaptureSweep {

    /** Whose derivatives. */
    enum Of {
        /** The rows' own losses, without their weights. */
        LOSS,
        /** Labels drawn from the model, times √w: the second moment is the Gauss–Newton matrix. */
        SAMPLED_LABELS
    }

    /** Takes one layer of one block. */
    interface Visitor {
        /**
         * @param block the rows
         * @param at the position of the block's first row among all
         * @param layer its index
         * @param capture closed by the sweep, unless it leaves them open
         */
        void visit(List<Row> block, int at, int layer, Capture capture);
    }

    private CaptureSweep() {}

    /**
     * @param seed of the drawn labels: the same seed draws the same
     * @throws NetworkException if a layer with parameters is neither linear nor conv2d, or a gradient is not finite
     */
    static void run(Network network, List<Row> rows, Of of, long seed, Visitor visitor) {
        run(network, rows, of, seed, false, visitor);
    }

    /** The same. @param leaveOpen whether the visitor takes the captures over */
    static void run(Network network, List<Row> rows, Of of, long seed, boolean leaveOpen, Visitor visitor) {
        requireCovered(network.architecture());
        Random random = new Random(seed);
        int[] at = {0};
        network.forBlocks(rows, block -> {
            try (ForwardRun run = network.run(block, ForwardRun.Keep.OUTPUT_GRADIENTS)) {
                double[] logits = run.logits();
                run.backward(
                        of == Of.LOSS
                                ? network.loss().residuals(block, logits, false)
                                : network.loss().sampledResiduals(block, logits, random));
                visit(network.architecture(), run, block, at[0], leaveOpen, visitor);
            }
            at[0] += block.size();
        });
    }

    private static void visit(
            Architecture architecture, ForwardRun run, List<Row> block, int at, boolean leaveOpen, Visitor visitor) {
        for (int i = 0; i < architecture.layers().size(); i++) {
            Layer layer = architecture.layers().get(i);
            if (Capture.covers(layer)) {
                Capture capture = Capture.of(run, layer, i);
                visitor.visit(block, at, i, capture);
                if (!leaveOpen) {
                    capture.close();
                }
            }
        }
    }

    static void requireCovered(Architecture architecture) {
        for (int i = 0; i < architecture.layers().size(); i++) {
            Layer layer = architecture.layers().get(i);
            if (!layer.parameters().isEmpty() && !Capture.covers(layer)) {
                throw new NetworkException(architecture.layerName(i) + ": expected linear and conv2d layers only for"
                        + " per-sample gradients and Kronecker factors; conjugate gradients take every layer");
            }
        }
    }
}
