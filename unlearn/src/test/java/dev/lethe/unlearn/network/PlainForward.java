package dev.lethe.unlearn.network;

import java.util.Arrays;

/** Each layer's definition as plain loops over one sample: the yardstick for what PyTorch is asked to compute. */
final class PlainForward {

    private PlainForward() {}

    static double[] logits(Architecture architecture, double[] theta, double[] x) {
        double[] value = x;
        for (int i = 0; i < architecture.layers().size(); i++) {
            int layer = i;
            double[][] parameters = architecture.slots().stream()
                    .filter(slot -> slot.layer() == layer)
                    .map(slot -> Arrays.copyOfRange(theta, slot.offset(), slot.offset() + slot.length()))
                    .toArray(double[][]::new);
            value = apply(
                    architecture.layers().get(i), value, architecture.shapes().get(i), parameters);
        }
        return value;
    }

    private static double[] apply(Layer layer, double[] x, int[] shape, double[][] p) {
        if (layer instanceof Layer.Linear linear) {
            double[] y = linear.bias() ? p[1].clone() : new double[linear.outputs()];
            for (int k = 0; k < y.length; k++) {
                for (int j = 0; j < x.length; j++) {
                    y[k] += p[0][k * x.length + j] * x[j];
                }
            }
            return y;
        }
        if (layer instanceof Layer.LayerNorm) {
            double mean = Arrays.stream(x).average().orElseThrow();
            double variance =
                    Arrays.stream(x).map(v -> (v - mean) * (v - mean)).average().orElseThrow();
            double[] y = x.clone();
            for (int j = 0; j < y.length; j++) {
                y[j] = (x[j] - mean) / Math.sqrt(variance + 1e-5) * p[0][j] + p[1][j];
            }
            return y;
        }
        if (layer instanceof Layer.Relu) {
            return Arrays.stream(x).map(v -> Math.max(0, v)).toArray();
        }
        if (layer instanceof Layer.Tanh) {
            return Arrays.stream(x).map(Math::tanh).toArray();
        }
        if (layer instanceof Layer.Gelu) {
            return Arrays.stream(x).map(v -> v * normalCdf(v)).toArray();
        }
        return layer instanceof Layer.Flatten ? x : windows(layer, x, shape, layer.output(shape), p);
    }

    /** Φ by Simpson's rule, good to 1e-12 on [−8, 8]. */
    private static double normalCdf(double v) {
        int n = 4000;
        double h = v / n;
        double sum = 1 + Math.exp(-v * v / 2);
        for (int i = 1; i < n; i++) {
            double t = i * h;
            sum += (i % 2 == 0 ? 2 : 4) * Math.exp(-t * t / 2);
        }
        return 0.5 + sum * h / 3 / Math.sqrt(2 * Math.PI);
    }

    private static double[] windows(Layer layer, double[] x, int[] in, int[] out, double[][] p) {
        double[] y = new double[out[0] * out[1] * out[2]];
        for (int c = 0; c < out[0]; c++) {
            for (int i = 0; i < out[1]; i++) {
                for (int j = 0; j < out[2]; j++) {
                    y[(c * out[1] + i) * out[2] + j] = window(layer, x, in, c, i, j, p);
                }
            }
        }
        return y;
    }

    private static double window(Layer layer, double[] x, int[] in, int c, int i, int j, double[][] p) {
        if (layer instanceof Layer.Conv2d conv) {
            double sum = conv.bias() ? p[1][c] : 0;
            int k = conv.kernel();
            for (int from = 0; from < in[0]; from++) {
                for (int a = 0; a < k; a++) {
                    for (int b = 0; b < k; b++) {
                        int row = i * conv.stride() + a - conv.padding();
                        int column = j * conv.stride() + b - conv.padding();
                        if (row >= 0 && row < in[1] && column >= 0 && column < in[2]) {
                            double weight = p[0][((c * in[0] + from) * k + a) * k + b];
                            sum += weight * x[(from * in[1] + row) * in[2] + column];
                        }
                    }
                }
            }
            return sum;
        }
        boolean max = layer instanceof Layer.MaxPool;
        int kernel = max ? ((Layer.MaxPool) layer).kernel() : ((Layer.AvgPool) layer).kernel();
        int stride = max ? ((Layer.MaxPool) layer).stride() : ((Layer.AvgPool) layer).stride();
        double top = Double.NEGATIVE_INFINITY;
        double sum = 0;
        for (int a = 0; a < kernel; a++) {
            for (int b = 0; b < kernel; b++) {
                double value = x[(c * in[1] + i * stride + a) * in[2] + j * stride + b];
                top = Math.max(top, value);
                sum += value / (kernel * kernel);
            }
        }
        return max ? top : sum;
    }
}
