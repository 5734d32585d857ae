package dev.lethe.unlearn.network;

import dev.lethe.unlearn.format.FileFormatException;
import dev.lethe.unlearn.format.SafeTensors;
import dev.lethe.unlearn.format.SafeTensorsReader;
import dev.lethe.unlearn.format.Tensor;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * θ of a network as a safetensors file under PyTorch's names, so that the state_dict of a {@code torch.nn.Sequential}
 * saved elsewhere loads unchanged, and the other way round.
 */
public final class NetworkWeights {

    private NetworkWeights() {}

    /**
     * The weights file, float64.
     *
     * @param theta Not modified.
     * @param metadata text entries of the header
     */
    public static byte[] toSafeTensors(Architecture architecture, double[] theta, Map<String, String> metadata) {
        requireLength(architecture, theta);
        Map<String, Tensor> tensors = new TreeMap<>();
        for (Architecture.Slot slot : architecture.slots()) {
            double[] values = Arrays.copyOfRange(theta, slot.offset(), slot.offset() + slot.length());
            tensors.put(slot.name(), new Tensor(longs(slot.shape()), values));
        }
        return SafeTensors.write(tensors, metadata);
    }

    /**
     * θ of a file, F64 or F32.
     *
     * @throws FileFormatException naming the layer whose tensors are missing, too many, of another shape or not finite
     */
    public static double[] read(Path file, Architecture architecture) {
        return theta(file.toString(), SafeTensorsReader.read(file), architecture);
    }

    /** As {@link #read(Path, Architecture)}, from bytes; the name is for errors. */
    public static double[] read(String name, byte[] content, Architecture architecture) {
        return theta(name, SafeTensorsReader.read(name, content), architecture);
    }

    static void requireLength(Architecture architecture, double[] theta) {
        if (theta.length != architecture.parameters()) {
            throw new IllegalArgumentException("network: expected " + architecture.parameters()
                    + " parameters for its layers, got " + theta.length);
        }
    }

    private static double[] theta(String file, SafeTensors.Content content, Architecture architecture) {
        SortedMap<String, Tensor> tensors = content.tensors();
        List<Architecture.Slot> slots = architecture.slots();
        TreeSet<String> unknown = new TreeSet<>(tensors.keySet());
        unknown.removeAll(slots.stream().map(Architecture.Slot::name).collect(Collectors.toSet()));
        double[] theta = new double[architecture.parameters()];
        for (Architecture.Slot slot : slots) {
            Tensor tensor = tensors.get(slot.name());
            if (tensor == null) {
                throw wrong(file, architecture, slot, "expected a tensor of this name, got " + tensors.keySet());
            }
            copy(file, architecture, slot, tensor, theta);
        }
        if (!unknown.isEmpty()) {
            throw new FileFormatException(
                    file,
                    "expected no tensors but those of the layers, got also " + unknown + "; is it another network's?");
        }
        return theta;
    }

    private static void copy(
            String file, Architecture architecture, Architecture.Slot slot, Tensor tensor, double[] theta) {
        if (!Arrays.equals(tensor.shape(), longs(slot.shape()))) {
            throw wrong(
                    file,
                    architecture,
                    slot,
                    "expected shape " + Arrays.toString(slot.shape()) + ", got " + Arrays.toString(tensor.shape()));
        }
        for (double value : tensor.values()) {
            if (!Double.isFinite(value)) {
                throw wrong(file, architecture, slot, "expected finite numbers, got " + value);
            }
        }
        System.arraycopy(tensor.values(), 0, theta, slot.offset(), slot.length());
    }

    private static FileFormatException wrong(
            String file, Architecture architecture, Architecture.Slot slot, String problem) {
        return new FileFormatException(
                file, architecture.layerName(slot.layer()) + ", tensor '" + slot.name() + "': " + problem);
    }

    private static long[] longs(int[] shape) {
        return Arrays.stream(shape).asLongStream().toArray();
    }
}
