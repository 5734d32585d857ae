package dev.lethe.unlearn.network;

import dev.lethe.unlearn.format.FileFormatException;
import dev.lethe.unlearn.format.SafeTensors;
import dev.lethe.unlearn.format.SafeTensorsReader;
import dev.lethe.unlearn.format.Tensor;
import java.util.Map;
import java.util.Set;

/**
 * A training between two steps; a checkpoint is its bytes. It holds what the rows used so far have left in θ: when one
 * of them is to be forgotten, every later checkpoint has to go with it.
 *
 * @param step steps done
 * @param theta Not to be modified.
 * @param first the optimizer's first buffer. Not to be modified.
 * @param second the optimizer's second buffer. Not to be modified.
 */
public record TrainingState(long step, double[] theta, double[] first, double[] second) {

    /** Before the first step. */
    static TrainingState initial(double[] theta) {
        return new TrainingState(0, theta.clone(), new double[theta.length], new double[theta.length]);
    }

    /** As a safetensors file. */
    public byte[] toBytes() {
        return SafeTensors.write(
                Map.of("theta", tensor(theta), "first", tensor(first), "second", tensor(second)),
                Map.of("step", Long.toString(step)));
    }

    /** @throws FileFormatException if the bytes are no checkpoint of a network with so many parameters */
    public static TrainingState fromBytes(String name, byte[] bytes, int parameters) {
        SafeTensors.Content content = SafeTensorsReader.read(name, bytes);
        String step = content.metadata().getOrDefault("step", "");
        if (!content.tensors().keySet().equals(Set.of("theta", "first", "second")) || !step.matches("\\d{1,18}")) {
            throw new FileFormatException(name, "expected a checkpoint: tensors theta, first, second and the step");
        }
        for (Tensor tensor : content.tensors().values()) {
            if (tensor.values().length != parameters) {
                throw new FileFormatException(
                        name, "expected " + parameters + " parameters, got " + tensor.values().length);
            }
        }
        return new TrainingState(
                Long.parseLong(step), values(content, "theta"), values(content, "first"), values(content, "second"));
    }

    private static Tensor tensor(double[] values) {
        return new Tensor(new long[] {values.length}, values);
    }

    private static double[] values(SafeTensors.Content content, String name) {
        return content.tensors().get(name).values();
    }
}
