package dev.lethe.unlearn.network;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.lethe.unlearn.objective.Row;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/** Trains a network from its samples: the refit, also without some of them, and also from a checkpoint on. */
public final class Trainer {

    private final Architecture architecture;
    private final NetworkLoss loss;
    private final TrainingPlan plan;
    private final List<Row> rows;
    private final BitSet removed;

    /**
     * @param rows by position. Not modified, not copied.
     * @param removed positions that are skipped; copied
     */
    public Trainer(Architecture architecture, NetworkLoss loss, TrainingPlan plan, List<Row> rows, BitSet removed) {
        this.architecture = architecture;
        this.loss = loss;
        this.plan = plan;
        this.rows = rows;
        this.removed = (BitSet) removed.clone();
    }

    /** Trains from seeded parameters to the end. */
    public Network train(TrainingListener listener) {
        return network(run(start(), listener));
    }

    /** The state before the first step. */
    public TrainingState start() {
        return TrainingState.initial(plan.initial(architecture));
    }

    /** Steps in all. */
    public long steps() {
        return plan.epochs() * plan.stepsPerEpoch(rows.size());
    }

    public Network network(TrainingState state) {
        return new Network(architecture, loss, state.theta());
    }

    /**
     * Goes on from a state.
     *
     * @param from Not modified.
     * @return the state at the end, or where the listener stopped it
     * @throws NetworkException if a gradient is not finite, naming the layer
     */
    public TrainingState run(TrainingState from, TrainingListener listener) {
        try (NDManager manager = Torch.newManager()) {
            Memory memory = new Memory(manager, from);
            long perEpoch = plan.stepsPerEpoch(rows.size());
            long total = steps();
            int[] order = null;
            for (long step = from.step(); step < total; step++) {
                int epoch = (int) (step / perEpoch);
                order = order == null || step % perEpoch == 0 ? plan.order(epoch, rows.size()) : order;
                memory.step(batch(order, (int) (step % perEpoch)));
                if (!told(memory, listener, step + 1, total)) {
                    break;
                }
            }
            return memory.state();
        }
    }

    /** @return whether to go on */
    private boolean told(Memory memory, TrainingListener listener, long done, long total) {
        long perEpoch = plan.stepsPerEpoch(rows.size());
        if (listener.wantsCheckpoint(done)) {
            listener.checkpoint(memory.state());
        }
        if (done % perEpoch == 0) {
            listener.epoch((int) (done / perEpoch), network(memory.state()));
        }
        return listener.step(done, total);
    }

    private List<Row> batch(int[] order, int index) {
        List<Row> batch = new ArrayList<>(plan.batchSize());
        int end = Math.min(order.length, (index + 1) * plan.batchSize());
        for (int i = index * plan.batchSize(); i < end; i++) {
            if (!removed.get(order[i])) {
                batch.add(rows.get(order[i]));
            }
        }
        return batch;
    }

    /** The parameters and the optimizer's buffers, in native memory for the length of a run. */
    private final class Memory {
        private final List<NDArray[]> theta;
        private final List<NDArray[]> first;
        private final List<NDArray[]> second;
        private long step;

        Memory(NDManager manager, TrainingState from) {
            this.theta = ForwardRun.parameters(architecture, from.theta(), manager, true);
            this.first = ForwardRun.parameters(architecture, from.first(), manager, false);
            this.second = ForwardRun.parameters(architecture, from.second(), manager, false);
            this.step = from.step();
        }

        /** An empty batch is a step without effect. */
        void step(List<Row> batch) {
            step++;
            if (batch.isEmpty()) {
                return;
            }
            try (ForwardRun run = ForwardRun.with(architecture, theta, batch)) {
                run.backward(loss.residuals(batch, run.logits(), true));
            }
            for (int layer = 0; layer < theta.size(); layer++) {
                for (int i = 0; i < theta.get(layer).length; i++) {
                    update(layer, i, batch.size());
                }
            }
        }

        private void update(int layer, int i, int size) {
            NDArray parameter = theta.get(layer)[i];
            try (NDArray gradient = parameter.getGradient()) {
                requireFinite(layer, gradient);
                gradient.muli(1.0 / size);
                if (plan.weightDecay() > 0) {
                    try (NDArray decay = parameter.mul(plan.weightDecay())) {
                        gradient.addi(decay);
                    }
                }
                plan.optimizer().apply(step, parameter, gradient, first.get(layer)[i], second.get(layer)[i]);
            }
        }

        private void requireFinite(int layer, NDArray gradient) {
            try (NDArray sum = gradient.sum()) {
                if (!Double.isFinite(sum.getDouble())) {
                    throw new NetworkException(architecture.layerName(layer) + ": expected a finite gradient at step "
                            + step + ", got NaN or infinity; check the scale of the features, or take a smaller"
                            + " learning rate than " + plan.optimizer().rate());
                }
            }
        }

        TrainingState state() {
            return new TrainingState(step, read(theta), read(first), read(second));
        }

        private double[] read(List<NDArray[]> arrays) {
            double[] all = new double[architecture.parameters()];
            int at = 0;
            for (NDArray[] layer : arrays) {
                for (NDArray array : layer) {
                    Torch.read(array, all, at);
                    at += (int) array.size();
                }
            }
            return all;
        }
    }
}
