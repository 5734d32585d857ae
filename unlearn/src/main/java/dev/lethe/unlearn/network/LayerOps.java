package dev.lethe.unlearn.network;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.nn.core.Linear;
import ai.djl.nn.norm.LayerNorm;
import ai.djl.nn.pooling.Pool;

/** What each layer computes, and its derivative in a direction (forward mode; Pearlmutter 1994). Batches first. */
final class LayerOps {

    private LayerOps() {}

    /** @param parameters in the order of {@link Layer#parameters()} */
    static NDArray forward(Layer layer, NDArray x, NDArray[] parameters) {
        if (layer instanceof Layer.Linear linear) {
            return linear(x, parameters[0], linear.bias() ? parameters[1] : null);
        }
        if (layer instanceof Layer.Conv2d conv) {
            return conv2d(conv, x, parameters[0], conv.bias() ? parameters[1] : null);
        }
        if (layer instanceof Layer.Pointwise pointwise) {
            return activation(pointwise, x);
        }
        if (layer instanceof Layer.MaxPool pool) {
            return Pool.maxPool2d(x, square(pool.kernel()), square(pool.stride()), square(0), false);
        }
        if (layer instanceof Layer.AvgPool pool) {
            return averages(pool, x);
        }
        if (layer instanceof Layer.LayerNorm norm) {
            Shape shape = new Shape(norm.size());
            return LayerNorm.layerNorm(x, shape, parameters[0], parameters[1], Layer.LayerNorm.EPSILON)
                    .singletonOrThrow();
        }
        return x.reshape(x.getShape().get(0), -1);
    }

    /**
     * d/dε of the output at x + ε·ẋ and parameters + ε·direction.
     *
     * @param x what went in
     * @param y what came out
     * @param dx ẋ, or null where it is zero
     */
    static NDArray tangent(Layer layer, NDArray x, NDArray y, NDArray dx, NDArray[] parameters, NDArray[] directions) {
        if (layer instanceof Layer.Linear linear) {
            NDArray own = linear(x, directions[0], linear.bias() ? directions[1] : null);
            return dx == null ? own : own.addi(linear(dx, parameters[0], null));
        }
        if (layer instanceof Layer.Conv2d conv) {
            NDArray own = conv2d(conv, x, directions[0], conv.bias() ? directions[1] : null);
            return dx == null ? own : own.addi(conv2d(conv, dx, parameters[0], null));
        }
        if (layer instanceof Layer.LayerNorm) {
            return normTangent(x, dx, parameters, directions);
        }
        if (dx == null) {
            return null;
        }
        if (layer instanceof Layer.Pointwise pointwise) {
            return slope(pointwise, x, y).muli(dx);
        }
        if (layer instanceof Layer.MaxPool pool) {
            return chosen(pool, x, dx);
        }
        return forward(layer, dx, parameters);
    }

    private static NDArray linear(NDArray x, NDArray weight, NDArray bias) {
        NDList out = bias == null ? Linear.linear(x, weight) : Linear.linear(x, weight, bias);
        return out.singletonOrThrow();
    }

    private static NDArray conv2d(Layer.Conv2d conv, NDArray x, NDArray weight, NDArray bias) {
        Shape stride = square(conv.stride());
        Shape padding = square(conv.padding());
        return Conv2d.conv2d(x, weight, bias, stride, padding, square(1), 1).singletonOrThrow();
    }

    private static NDArray averages(Layer.AvgPool pool, NDArray x) {
        return Pool.avgPool2d(x, square(pool.kernel()), square(pool.stride()), square(0), false, true);
    }

    private static Shape square(int side) {
        return new Shape(side, side);
    }

    private static NDArray activation(Layer.Pointwise layer, NDArray x) {
        if (layer instanceof Layer.Relu) {
            return Activation.relu(x);
        }
        return layer instanceof Layer.Tanh ? Activation.tanh(x) : Activation.gelu(x);
    }

    private static NDArray slope(Layer.Pointwise layer, NDArray x, NDArray y) {
        if (layer instanceof Layer.Relu) {
            return x.gt(0).toType(x.getDataType(), false);
        }
        if (layer instanceof Layer.Tanh) {
            return y.square().neg().addi(1);
        }
        // Φ(x) + x·φ(x)
        NDArray density = x.square().muli(-0.5).exp().muli(1 / Math.sqrt(2 * Math.PI));
        return x.mul(1 / Math.sqrt(2)).erf().addi(1).muli(0.5).addi(density.muli(x));
    }

    /** The tangents where the maxima stand; the first of equal ones, as in PyTorch. */
    private static NDArray chosen(Layer.MaxPool pool, NDArray x, NDArray dx) {
        NDArray where = windows(pool, x).argMax(2).expandDims(2);
        return windows(pool, dx).gather(where, 2).squeeze(2);
    }

    /** [n, channels, window, height, width]. */
    private static NDArray windows(Layer.MaxPool pool, NDArray x) {
        NDList views = new NDList();
        int height = slid(x, 2, pool);
        int width = slid(x, 3, pool);
        for (int i = 0; i < pool.kernel(); i++) {
            for (int j = 0; j < pool.kernel(); j++) {
                views.add(strided(x, i, j, pool.stride(), height, width));
            }
        }
        return ai.djl.ndarray.NDArrays.stack(views, 2);
    }

    private static int slid(NDArray x, int dimension, Layer.MaxPool pool) {
        return (int) (x.getShape().get(dimension) - pool.kernel()) / pool.stride() + 1;
    }

    /** x[:, :, i, i + stride, …; j, j + stride, …]. */
    static NDArray strided(NDArray x, int i, int j, int stride, int height, int width) {
        return x.get(new NDIndex(
                ":,:,{}:{}:{},{}:{}:{}",
                i,
                i + (height - 1) * stride + 1,
                stride,
                j,
                j + (width - 1) * stride + 1,
                stride));
    }

    /** x̂ = (x − mean)/s: dx̂ = (ẋ − mean ẋ − x̂·mean(x̂·ẋ))/s. */
    private static NDArray normTangent(NDArray x, NDArray dx, NDArray[] parameters, NDArray[] directions) {
        int[] last = {1};
        NDArray centred = x.sub(x.mean(last, true));
        NDArray scale =
                centred.square().mean(last, true).addi(Layer.LayerNorm.EPSILON).sqrt();
        NDArray unit = centred.div(scale);
        NDArray own = unit.mul(directions[0]).addi(directions[1]);
        if (dx == null) {
            return own;
        }
        NDArray moved = dx.sub(dx.mean(last, true)).subi(unit.mul(unit.mul(dx).mean(last, true)));
        return own.addi(moved.divi(scale).muli(parameters[0]));
    }
}
