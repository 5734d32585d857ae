package dev.lethe.unlearn.network;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import dev.lethe.unlearn.linalg.DenseMatrix;

/**
 * What a batch left at one linear or conv2d layer: its inputs a (with the constant 1 where there is a bias) and the
 * derivatives g of each sample's loss in its outputs. A sample's weight gradient is Σ g·aᵀ over its positions (one for a
 * linear layer, every place of the kernel for a convolution; Grosse and Martens 2016), and is never formed for all.
 *
 * @param inputs columns a: sample after sample, position after position
 * @param gradients columns g in the same order
 * @param positions per sample
 */
record Capture(DenseMatrix inputs, DenseMatrix gradients, int positions) implements AutoCloseable {

    static boolean covers(Layer layer) {
        return layer instanceof Layer.Linear || layer instanceof Layer.Conv2d;
    }

    /** Length of a. */
    static int inputs(Layer layer) {
        if (layer instanceof Layer.Conv2d conv) {
            return conv.inputs() * conv.kernel() * conv.kernel() + (conv.bias() ? 1 : 0);
        }
        Layer.Linear linear = (Layer.Linear) layer;
        return linear.inputs() + (linear.bias() ? 1 : 0);
    }

    /** Length of g. */
    static int outputs(Layer layer) {
        return layer instanceof Layer.Conv2d conv ? conv.outputs() : ((Layer.Linear) layer).outputs();
    }

    /** After {@link ForwardRun#backward} of a run that keeps output gradients. */
    static Capture of(ForwardRun run, Layer layer, int index) {
        try (NDManager scratch = run.manager().newSubManager();
                NDArray gradient = run.outputGradient(index)) {
            NDArray input = run.value(index);
            input.tempAttach(scratch);
            gradient.attach(scratch);
            if (layer instanceof Layer.Conv2d conv) {
                NDArray g = gradient.reshape(run.count(), conv.outputs(), -1).transpose(0, 2, 1);
                NDArray a = withConstant(patches(conv, input, gradient), conv.bias());
                return new Capture(columns(a), columns(g), (int) g.getShape().get(1));
            }
            NDArray a = withConstant(input, ((Layer.Linear) layer).bias());
            return new Capture(columns(a), columns(gradient), 1);
        }
    }

    /** Row-major [.., n, d] is column-major d × n. */
    private static DenseMatrix columns(NDArray array) {
        int length = (int) array.getShape().get(array.getShape().dimension() - 1);
        DenseMatrix matrix = DenseMatrix.zeros(length, (int) (array.size() / length));
        matrix.put(0, Torch.view(array));
        return matrix;
    }

    private static NDArray withConstant(NDArray array, boolean bias) {
        if (!bias) {
            return array;
        }
        long[] shape = array.getShape().getShape().clone();
        shape[shape.length - 1] = 1;
        NDArray ones = array.getManager().ones(new Shape(shape), array.getDataType());
        return array.concat(ones, shape.length - 1);
    }

    /** What the kernel saw at each place: [n, places, channels·k·k], in the order of the weights. */
    private static NDArray patches(Layer.Conv2d conv, NDArray x, NDArray gradient) {
        NDArray padded = conv.padding() == 0 ? x : padded(x, conv.padding());
        int height = (int) gradient.getShape().get(2);
        int width = (int) gradient.getShape().get(3);
        NDList views = new NDList();
        for (int i = 0; i < conv.kernel(); i++) {
            for (int j = 0; j < conv.kernel(); j++) {
                views.add(LayerOps.strided(padded, i, j, conv.stride(), height, width));
            }
        }
        int values = conv.inputs() * conv.kernel() * conv.kernel();
        return NDArrays.stack(views, 2)
                .reshape(x.getShape().get(0), values, (long) height * width)
                .transpose(0, 2, 1);
    }

    private static NDArray padded(NDArray x, int by) {
        Shape s = x.getShape();
        long height = s.get(2);
        long width = s.get(3);
        NDArray out =
                x.getManager().zeros(new Shape(s.get(0), s.get(1), height + 2L * by, width + 2L * by), x.getDataType());
        out.set(new NDIndex(":,:,{}:{},{}:{}", by, by + height, by, by + width), x);
        return out;
    }

    @Override
    public void close() {
        inputs.close();
        gradients.close();
    }
}
