package dev.lethe.unlearn.network;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.lethe.unlearn.objective.Row;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * One batch on its way through the layers, with what was asked to be kept. All native memory is freed by
 * {@link #close()}. Not thread-safe.
 */
final class ForwardRun implements AutoCloseable {

    /** What a later step needs. */
    enum Keep {
        /** Logits only. */
        NOTHING,
        /** Derivatives in the parameters. */
        PARAMETER_GRADIENTS,
        /** Layer inputs, and derivatives in every layer's output, per sample. */
        OUTPUT_GRADIENTS
    }

    private final Architecture architecture;
    private final Keep keep;
    private final NDManager manager;
    private final List<NDArray[]> parameters;
    private final int count;
    private final List<NDArray> values = new ArrayList<>();
    private final List<NDArray> probes = new ArrayList<>();

    private ForwardRun(Architecture architecture, List<NDArray[]> parameters, int count, Keep keep, NDManager manager) {
        this.architecture = architecture;
        this.parameters = parameters;
        this.count = count;
        this.keep = keep;
        this.manager = manager;
    }

    /**
     * @param theta Not modified.
     * @param rows features in C order of the input's shape. Not modified.
     */
    static ForwardRun of(Architecture architecture, double[] theta, List<Row> rows, Keep keep) {
        NDManager manager = Torch.newManager();
        try {
            List<NDArray[]> parameters = parameters(architecture, theta, manager, keep == Keep.PARAMETER_GRADIENTS);
            return started(new ForwardRun(architecture, parameters, rows.size(), keep, manager), rows);
        } catch (RuntimeException e) {
            manager.close();
            throw e;
        }
    }

    /** The same with parameters that live longer, for training. */
    static ForwardRun with(Architecture architecture, List<NDArray[]> parameters, List<Row> rows) {
        NDManager manager = Torch.newManager();
        try {
            Keep keep = Keep.PARAMETER_GRADIENTS;
            return started(new ForwardRun(architecture, parameters, rows.size(), keep, manager), rows);
        } catch (RuntimeException e) {
            manager.close();
            throw e;
        }
    }

    private static ForwardRun started(ForwardRun run, List<Row> rows) {
        NDArray input = run.input(rows);
        if (run.keep == Keep.NOTHING) {
            run.forward(input);
        } else {
            Torch.recording(() -> run.forward(input));
        }
        return run;
    }

    /** Per layer its parameters. @param theta Not modified. */
    static List<NDArray[]> parameters(
            Architecture architecture, double[] theta, NDManager manager, boolean withGradient) {
        NetworkWeights.requireLength(architecture, theta);
        List<NDArray[]> all = new ArrayList<>();
        List<Architecture.Slot> slots = architecture.slots();
        for (int i = 0; i < architecture.layers().size(); i++) {
            int layer = i;
            all.add(slots.stream()
                    .filter(slot -> slot.layer() == layer)
                    .map(slot -> parameter(slot, theta, manager, withGradient))
                    .toArray(NDArray[]::new));
        }
        return all;
    }

    private static NDArray parameter(Architecture.Slot slot, double[] theta, NDManager manager, boolean withGradient) {
        NDArray array = Torch.array(manager, theta, slot.offset(), slot.length(), Torch.shape(slot.shape()));
        if (withGradient) {
            array.setRequiresGradient(true);
        }
        return array;
    }

    private NDArray input(List<Row> rows) {
        int features = architecture.features();
        double[] values = new double[Math.multiplyExact(features, rows.size())];
        for (int i = 0; i < rows.size(); i++) {
            double[] x = rows.get(i).x();
            if (x.length != features) {
                throw new NetworkException("network: expected samples of " + features + " values, shape "
                        + Arrays.toString(architecture.input()) + ", got " + x.length);
            }
            System.arraycopy(x, 0, values, i * features, features);
        }
        return Torch.array(manager, values, 0, values.length, Torch.shape(rows.size(), architecture.input()));
    }

    private void forward(NDArray input) {
        values.add(input);
        for (int i = 0; i < architecture.layers().size(); i++) {
            try {
                NDArray out = LayerOps.forward(architecture.layers().get(i), values.get(i), parameters.get(i));
                values.add(keep == Keep.OUTPUT_GRADIENTS ? probed(out) : out);
            } catch (EngineException e) {
                throw failed(i, e);
            }
        }
    }

    /** Adds zero: a leaf, whose gradient is that of the output (an inner value keeps none). */
    private NDArray probed(NDArray out) {
        NDArray probe = manager.zeros(out.getShape(), out.getDataType());
        probe.setRequiresGradient(true);
        probes.add(probe);
        return out.add(probe);
    }

    private NetworkException failed(int layer, EngineException e) {
        String reason = String.valueOf(e.getMessage()).lines().findFirst().orElse("no reason given");
        boolean memory = reason.contains("can't allocate memory") || reason.contains("bad_alloc");
        return new NetworkException(
                architecture.layerName(layer) + ": "
                        + (memory
                                ? "native memory ran out for a batch of " + count + "; take smaller batches or layers"
                                : "PyTorch refused it: " + reason),
                e);
    }

    /** Samples in the batch. */
    int count() {
        return count;
    }

    NDManager manager() {
        return manager;
    }

    /** What went into a layer; of the last position what came out of the last. */
    NDArray value(int position) {
        return values.get(position);
    }

    NDArray[] parameters(int layer) {
        return parameters.get(layer);
    }

    /** count × outputs, row by row. */
    double[] logits() {
        return Torch.read(values.get(values.size() - 1));
    }

    /**
     * Computes the gradients that were asked for of Σ logits·cotangent; those of an earlier call are forgotten.
     *
     * @param cotangent count × outputs. Not modified.
     */
    void backward(double[] cotangent) {
        parameters.forEach(of -> Arrays.stream(of).forEach(Torch::clearGradient));
        probes.forEach(Torch::clearGradient);
        NDArray logits = values.get(values.size() - 1);
        try (NDArray seed = Torch.array(manager, cotangent, 0, cotangent.length, logits.getShape())) {
            Torch.backward(logits, seed);
        } catch (EngineException e) {
            throw failed(architecture.layers().size() - 1, e);
        }
    }

    /** Of the last {@link #backward}. @param out length of θ. Modified: overwritten. */
    void parameterGradient(double[] out) {
        for (Architecture.Slot slot : architecture.slots()) {
            NDArray[] own = parameters.get(slot.layer());
            int index = slot.name().endsWith("bias") ? 1 : 0;
            try (NDArray gradient = own[index].getGradient()) {
                Torch.read(gradient, out, slot.offset());
            }
        }
    }

    /** Of the last {@link #backward}, by the layer's output; to be closed. */
    NDArray outputGradient(int layer) {
        return probes.get(layer).getGradient();
    }

    @Override
    public void close() {
        manager.close();
    }
}
