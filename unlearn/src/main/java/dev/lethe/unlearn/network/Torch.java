package dev.lethe.unlearn.network;

import ai.djl.Device;
import ai.djl.Model;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;
import java.util.Arrays;

/**
 * PyTorch through DJL: loaded with the first use, offline, one thread (so that the same input gives the same bits).
 * Arrays live in the manager they were made in, and results in that of their first operand.
 */
final class Torch {

    private static final Engine ENGINE = load();

    private Torch() {}

    private static Engine load() {
        // Without these DJL looks for newer libraries, and reports its use, over the network.
        System.setProperty("ai.djl.offline", "true");
        System.setProperty("OPT_OUT_TRACKING", "true");
        try {
            Engine engine = Engine.getEngine("PyTorch");
            JniUtils.setNumThreads(1);
            return engine;
        } catch (RuntimeException | LinkageError e) {
            throw new NetworkException(
                    "networks: PyTorch's native library could not be loaded on this machine (" + e.getMessage()
                            + "); it is unpacked into DJL_CACHE_DIR, which has to be writable and needs 450 MB",
                    e);
        }
    }

    /** To be closed with all that was made in it. */
    static NDManager newManager() {
        return ENGINE.newBaseManager(Device.cpu());
    }

    /** An empty model, to load a file into; to be closed. */
    static Model newModel(String name) {
        return ENGINE.newModel(name, Device.cpu());
    }

    static String version() {
        return "PyTorch " + ENGINE.getVersion();
    }

    /**
     * A float64 array of C order, written into PyTorch's own memory: DJL's way from a double[] leaves a direct buffer behind
     * that waits for the garbage collector, long after the array is closed.
     *
     * @param values Not modified.
     */
    static NDArray array(NDManager manager, double[] values, int offset, int length, Shape shape) {
        if (shape.size() != length) {
            throw new IllegalArgumentException(
                    "array: expected " + shape.size() + " values for " + shape + ", got " + length);
        }
        NDArray array = manager.create(shape, DataType.FLOAT64);
        view(array).put(values, offset, length);
        return array;
    }

    /** The values in C order. @param out Modified from the offset on. */
    static void read(NDArray array, double[] out, int offset) {
        view(array).get(out, offset, Math.toIntExact(array.size()));
    }

    static double[] read(NDArray array) {
        double[] out = new double[Math.toIntExact(array.size())];
        read(array, out, 0);
        return out;
    }

    /** The array's own memory, in C order; valid while the array is. Written to, it changes the array. */
    static DoubleBuffer view(NDArray array) {
        if (array.getDataType() != DataType.FLOAT64) {
            throw new IllegalArgumentException("array: expected float64, got " + array.getDataType());
        }
        return array.toByteBuffer(true).order(ByteOrder.nativeOrder()).asDoubleBuffer();
    }

    /** Runs work whose operations are recorded for {@link #backward}. PyTorch keeps this switch per thread. */
    static void recording(Runnable work) {
        JniUtils.setGradMode(true);
        try {
            work.run();
        } finally {
            JniUtils.setGradMode(false);
        }
    }

    /** Adds ∂(target·cotangent)/∂leaf to the gradient of every leaf; the recording stays for another time. */
    static void backward(NDArray target, NDArray cotangent) {
        JniUtils.backward((PtNDArray) target, (PtNDArray) cotangent, true, false);
    }

    static void clearGradient(NDArray leaf) {
        if (leaf.hasGradient()) {
            JniUtils.zeroGrad((PtNDArray) leaf);
        }
    }

    static Shape shape(int first, int... rest) {
        long[] sides = new long[rest.length + 1];
        sides[0] = first;
        for (int i = 0; i < rest.length; i++) {
            sides[i + 1] = rest[i];
        }
        return new Shape(sides);
    }

    static Shape shape(int[] sides) {
        return new Shape(Arrays.stream(sides).asLongStream().toArray());
    }
}
