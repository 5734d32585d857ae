package dev.lethe.unlearn.network;

import java.util.List;

/** The part of a vector of θ's length that belongs to a linear or conv2d layer, as inputs × outputs, the bias last. */
record LayerVector(int inputs, int outputs, int weightAt, int biasAt) {

    static LayerVector of(Architecture architecture, int layer) {
        List<Architecture.Slot> own = architecture.slots().stream()
                .filter(slot -> slot.layer() == layer)
                .toList();
        Layer it = architecture.layers().get(layer);
        int bias = own.size() > 1 ? own.get(1).offset() : -1;
        return new LayerVector(
                Capture.inputs(it), Capture.outputs(it), own.get(0).offset(), bias);
    }

    /** Column o: the weights of output o, then its bias. @param vector Not modified. */
    double[] read(double[] vector) {
        double[] out = new double[inputs * outputs];
        int weights = weights();
        for (int o = 0; o < outputs; o++) {
            System.arraycopy(vector, weightAt + o * weights, out, o * inputs, weights);
            if (biasAt >= 0) {
                out[o * inputs + weights] = vector[biasAt + o];
            }
        }
        return out;
    }

    /** The other way. @param vector Modified. */
    void write(double[] values, double[] vector) {
        int weights = weights();
        for (int o = 0; o < outputs; o++) {
            System.arraycopy(values, o * inputs, vector, weightAt + o * weights, weights);
            if (biasAt >= 0) {
                vector[biasAt + o] = values[o * inputs + weights];
            }
        }
    }

    private int weights() {
        return inputs - (biasAt >= 0 ? 1 : 0);
    }
}
