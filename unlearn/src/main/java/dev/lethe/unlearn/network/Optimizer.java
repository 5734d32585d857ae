package dev.lethe.unlearn.network;

import ai.djl.ndarray.NDArray;

/**
 * How a step follows from a gradient g, as {@code torch.optim} does it. The buffers are part of a checkpoint, which is
 * why DJL's own optimizers, which hide theirs, are not used.
 */
public sealed interface Optimizer {

    /** Learning rate. */
    double rate();

    /**
     * One step on one tensor.
     *
     * @param step 1, 2, …
     * @param parameter Modified.
     * @param gradient mean over the batch, with weight decay. Modified.
     * @param first of the parameter's shape, zero at step 1. Modified.
     * @param second of the parameter's shape, zero at step 1. Modified.
     */
    void apply(long step, NDArray parameter, NDArray gradient, NDArray first, NDArray second);

    /** m ← μm + g; θ ← θ − rate·m. */
    record Sgd(double rate, double momentum) implements Optimizer {
        public Sgd {
            require("rate", rate > 0 && rate < Double.POSITIVE_INFINITY, rate);
            require("momentum", momentum >= 0 && momentum < 1, momentum);
        }

        @Override
        public void apply(long step, NDArray parameter, NDArray gradient, NDArray first, NDArray second) {
            first.muli(momentum).addi(gradient);
            try (NDArray move = first.mul(rate)) {
                parameter.subi(move);
            }
        }
    }

    /** Kingma and Ba 2015, algorithm 1, with PyTorch's defaults β = (0.9, 0.999), ε = 1e-8. */
    record Adam(double rate) implements Optimizer {
        private static final double BETA1 = 0.9;
        private static final double BETA2 = 0.999;
        private static final double EPSILON = 1e-8;

        public Adam {
            require("rate", rate > 0 && rate < Double.POSITIVE_INFINITY, rate);
        }

        @Override
        public void apply(long step, NDArray parameter, NDArray gradient, NDArray first, NDArray second) {
            first.muli(BETA1);
            second.muli(BETA2);
            try (NDArray square = gradient.square();
                    NDArray part = gradient.muli(1 - BETA1)) {
                first.addi(part);
                second.addi(square.muli(1 - BETA2));
            }
            double correction = Math.sqrt(1 - Math.pow(BETA2, step));
            try (NDArray root = second.sqrt();
                    NDArray move = first.mul(rate / (1 - Math.pow(BETA1, step)))) {
                move.divi(root.divi(correction).addi(EPSILON));
                parameter.subi(move);
            }
        }
    }

    private static void require(String key, boolean rule, double value) {
        if (!rule) {
            throw new IllegalArgumentException("optimizer " + key + ": out of range: " + value);
        }
    }
}
