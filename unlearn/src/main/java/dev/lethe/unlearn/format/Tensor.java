package dev.lethe.unlearn.format;

import java.util.Arrays;

/**
 * A dense array of float64 in C order.
 *
 * @param shape lengths of the dimensions; empty for a scalar
 * @param values as many as the product of the shape; not copied
 */
public record Tensor(long[] shape, double[] values) {

    public Tensor {
        shape = shape.clone();
        if (count(shape) != values.length) {
            throw new IllegalArgumentException(
                    "tensor of shape " + Arrays.toString(shape) + " cannot hold " + values.length + " values");
        }
    }

    @Override
    public long[] shape() {
        return shape.clone();
    }

    /** The number of values of a shape; −1 where a dimension is negative or the product overflows. */
    static long count(long[] shape) {
        long count = 1;
        for (long length : shape) {
            if (length < 0 || length > 0 && count > Long.MAX_VALUE / length) {
                return -1;
            }
            count *= length;
        }
        return count;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Tensor that && Arrays.equals(shape, that.shape) && Arrays.equals(values, that.values);
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(shape) + Arrays.hashCode(values);
    }
}
