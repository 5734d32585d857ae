package dev.lethe.unlearn.network;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;

/** Whether PyTorch loads on this machine and computes in float64. */
public final class NetworkSelfTest {
    private NetworkSelfTest() {}

    /**
     * Multiplies two small matrices whose product float32 cannot hold.
     *
     * @return what computed it
     * @throws NetworkException if the library cannot be loaded, or computes something else
     */
    public static String run() {
        double[] left = {1, 1e-9, 0, 1};
        double[] right = {1, 2, 1, 3};
        double[] expected = {1 + 1e-9, 2 + 3e-9, 1, 3};
        double[] got = new double[expected.length];
        try (NDManager manager = Torch.newManager()) {
            Shape shape = new Shape(2, 2);
            NDArray product = Torch.array(manager, left, 0, left.length, shape)
                    .matMul(Torch.array(manager, right, 0, right.length, shape));
            Torch.read(product, got, 0);
        }
        if (!Arrays.equals(got, expected)) {
            throw new NetworkException("networks: PyTorch computes " + Arrays.toString(got) + " where it should be "
                    + Arrays.toString(expected));
        }
        return Torch.version();
    }
}
