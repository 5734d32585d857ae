package dev.lethe.unlearn.network;

import dev.lethe.unlearn.linalg.Matrices;
import dev.lethe.unlearn.linalg.SymmetricMatrix;
import dev.lethe.unlearn.objective.Row;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Σ a·aᵀ and Σ w·g·gᵀ of every linear and conv2d layer, labels drawn from the model (Martens and Grosse 2015). Sums of
 * different rows add up.
 *
 * @param layers in the order of the network
 * @param rows their number
 */
public record KroneckerSums(List<OfLayer> layers, long rows) {

    /**
     * One layer's.
     *
     * @param inputs Σ a·aᵀ, packed lower triangle. Not to be modified.
     * @param gradients Σ w·g·gᵀ, packed lower triangle. Not to be modified.
     * @param positions per row
     */
    public record OfLayer(double[] inputs, double[] gradients, int positions) {

        OfLayer plus(OfLayer other) {
            return new OfLayer(sum(inputs, other.inputs), sum(gradients, other.gradients), positions);
        }
    }

    public KroneckerSums {
        layers = List.copyOf(layers);
    }

    /** The sums of these rows. @param seed of the drawn labels */
    public static KroneckerSums of(Network network, List<Row> rows, long seed) {
        return of(
                network,
                rows.size(),
                visitor -> CaptureSweep.run(network, rows, CaptureSweep.Of.SAMPLED_LABELS, seed, visitor));
    }

    /** @param sweep shows the captures of so many rows */
    static KroneckerSums of(Network network, int rows, Consumer<CaptureSweep.Visitor> sweep) {
        List<Layer> covered = covered(network.architecture());
        List<SymmetricMatrix> inputs = new ArrayList<>();
        List<SymmetricMatrix> gradients = new ArrayList<>();
        int[] positions = new int[covered.size()];
        try {
            for (Layer layer : covered) {
                inputs.add(SymmetricMatrix.zeros(Capture.inputs(layer)));
                gradients.add(SymmetricMatrix.zeros(Capture.outputs(layer)));
            }
            int[] indices = coveredIndices(network.architecture());
            sweep.accept((block, at, layer, capture) -> {
                int i = indices[layer];
                Matrices.addGram(capture.inputs(), inputs.get(i));
                Matrices.addGram(capture.gradients(), gradients.get(i));
                positions[i] = capture.positions();
            });
            List<OfLayer> sums = new ArrayList<>();
            for (int i = 0; i < positions.length; i++) {
                sums.add(new OfLayer(inputs.get(i).toPacked(), gradients.get(i).toPacked(), positions[i]));
            }
            return new KroneckerSums(sums, rows);
        } finally {
            inputs.forEach(SymmetricMatrix::close);
            gradients.forEach(SymmetricMatrix::close);
        }
    }

    /** Of this one's rows and the other's. */
    public KroneckerSums plus(KroneckerSums other) {
        List<OfLayer> sums = new ArrayList<>();
        for (int i = 0; i < layers.size(); i++) {
            sums.add(layers.get(i).plus(other.layers.get(i)));
        }
        return new KroneckerSums(sums, rows + other.rows);
    }

    static List<Layer> covered(Architecture architecture) {
        return architecture.layers().stream().filter(Capture::covers).toList();
    }

    /** By layer, its place among the covered ones; −1 for others. */
    static int[] coveredIndices(Architecture architecture) {
        int[] indices = new int[architecture.layers().size()];
        int count = 0;
        for (int i = 0; i < indices.length; i++) {
            indices[i] = Capture.covers(architecture.layers().get(i)) ? count++ : -1;
        }
        return indices;
    }

    private static double[] sum(double[] a, double[] b) {
        double[] out = a.clone();
        for (int i = 0; i < out.length; i++) {
            out[i] += b[i];
        }
        return out;
    }
}
