package dev.lethe.unlearn.network;

import java.util.BitSet;
import java.util.Random;

/**
 * How a network is trained: the same plan over the same rows gives the same bits (one thread, the same machine type).
 *
 * <p>Position i is that of the i-th row ever given. Each epoch visits all positions in an order that depends on seed,
 * epoch and their number only, or in that of the positions, in batches of consecutive ones; a removed position is skipped
 * and its place stays empty. So training without a row follows the same order as training with it: that is what exact
 * replay needs.
 *
 * @param epochs at least 1
 * @param batchSize positions per step
 * @param seed of the initial parameters and of the order
 * @param weightDecay λ: every step's gradient is the batch's mean plus λθ
 * @param shuffled whether each epoch has an order of its own; else each visits the positions one after another
 */
public record TrainingPlan(
        Optimizer optimizer, int epochs, int batchSize, long seed, double weightDecay, boolean shuffled) {

    private static final long EPOCH_SALT = 0x9E3779B97F4A7C15L;

    public TrainingPlan {
        if (epochs < 1 || batchSize < 1 || !(weightDecay >= 0) || Double.isInfinite(weightDecay)) {
            throw new IllegalArgumentException("training plan: expected epochs and batch size of at least 1 and a"
                    + " finite weight decay of at least 0, got " + epochs + ", " + batchSize + " and " + weightDecay);
        }
    }

    /** A plan whose epochs are shuffled. */
    public TrainingPlan(Optimizer optimizer, int epochs, int batchSize, long seed, double weightDecay) {
        this(optimizer, epochs, batchSize, seed, weightDecay, true);
    }

    /** The same plan, with the positions visited one after another. */
    public TrainingPlan inOrder() {
        return new TrainingPlan(optimizer, epochs, batchSize, seed, weightDecay, false);
    }

    /** Steps of one epoch over so many positions. */
    public long stepsPerEpoch(int positions) {
        return (positions + batchSize - 1L) / batchSize;
    }

    /** The order of an epoch: a permutation of 0 … positions − 1. */
    int[] order(int epoch, int positions) {
        Random random = new Random(seed ^ EPOCH_SALT * (epoch + 1L));
        int[] order = new int[positions];
        for (int i = 0; i < positions; i++) {
            int j = shuffled ? random.nextInt(i + 1) : i;
            order[i] = order[j];
            order[j] = i;
        }
        return order;
    }

    /** The number of steps done before any of these positions is first used. */
    public long stepsBefore(BitSet used, int positions) {
        int[] order = order(0, positions);
        for (int i = 0; i < positions; i++) {
            if (used.get(order[i])) {
                return i / batchSize;
            }
        }
        return epochs * stepsPerEpoch(positions);
    }

    /** PyTorch's defaults: U(−1/√fan-in, 1/√fan-in) for weights and biases; a layer norm begins as the identity. */
    public double[] initial(Architecture architecture) {
        Random random = new Random(seed);
        double[] theta = new double[architecture.parameters()];
        int fanIn = 1;
        for (Architecture.Slot slot : architecture.slots()) {
            boolean weight = slot.name().endsWith("weight");
            if (architecture.layers().get(slot.layer()) instanceof Layer.LayerNorm) {
                java.util.Arrays.fill(theta, slot.offset(), slot.offset() + slot.length(), weight ? 1 : 0);
                continue;
            }
            fanIn = weight ? slot.length() / slot.shape()[0] : fanIn;
            double bound = 1 / Math.sqrt(fanIn);
            for (int i = slot.offset(); i < slot.offset() + slot.length(); i++) {
                theta[i] = bound * (2 * random.nextDouble() - 1);
            }
        }
        return theta;
    }
}
