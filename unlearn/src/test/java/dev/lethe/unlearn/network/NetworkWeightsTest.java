package dev.lethe.unlearn.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import dev.lethe.unlearn.format.FileFormatException;
import dev.lethe.unlearn.format.SafeTensors;
import dev.lethe.unlearn.format.SafeTensorsReader;
import dev.lethe.unlearn.format.Tensor;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class NetworkWeightsTest {

    private final Network network = Networks.random(Networks.convolutional(), NetworkLoss.CROSS_ENTROPY);
    private final Architecture architecture = network.architecture();
    private final byte[] file = NetworkWeights.toSafeTensors(architecture, network.theta(), Map.of());

    @Test
    void shouldUseTheNamesOfASequentialStateDict() {
        assertThat(SafeTensorsReader.read("f", file).tensors().keySet())
                .containsExactly("0.bias", "0.weight", "3.weight", "7.bias", "7.weight");
        assertThat(NetworkWeights.read("f", file, architecture)).containsExactly(network.theta());
    }

    /** DJL has a reader and a writer of its own: what one writes the other reads. */
    @Test
    void shouldAgreeWithDjlsSafetensors() {
        try (NDManager manager = Torch.newManager()) {
            NDList list = NDList.decode(manager, file);
            NDArray weight = list.get("0.weight");
            assertThat(weight.getShape().getShape()).containsExactly(3, 2, 3, 3);
            assertThat(weight.toDoubleArray()).containsExactly(java.util.Arrays.copyOf(network.theta(), 54));
            byte[] theirs = list.encode(NDList.Encoding.SAFETENSORS);
            assertThat(NetworkWeights.read("djl", theirs, architecture)).containsExactly(network.theta());
        }
    }

    @Test
    void shouldRefuseOtherTensorsAndNameTheLayer() {
        assertRefused(Map.of("3.weight", new Tensor(new long[] {48}, new double[48])))
                .hasMessageContaining("f: layer 3 (conv2d), tensor '3.weight': expected shape [4, 3, 2, 2], got [48]");
        assertRefused(Map.of("7.bias", new Tensor(new long[] {3}, new double[] {0, Double.NaN, 0})))
                .hasMessageContaining("layer 7 (linear), tensor '7.bias': expected finite numbers, got NaN");
        assertRefused(Map.of("9.weight", new Tensor(new long[] {1}, new double[1])))
                .hasMessageContaining("got also [9.weight]");
        assertThatThrownBy(() -> NetworkWeights.read("f", file, Networks.normalised()))
                .hasMessageContaining("layer 0 (layernorm), tensor '0.weight': expected shape [6], got [3, 2, 3, 3]");
        byte[] half = new String(file, java.nio.charset.StandardCharsets.ISO_8859_1)
                .replace("F64", "F16")
                .getBytes(java.nio.charset.StandardCharsets.ISO_8859_1);
        assertThatThrownBy(() -> NetworkWeights.read("f", half, architecture))
                .hasMessageContaining("dtype: expected F64 or F32, got F16");
    }

    private org.assertj.core.api.AbstractThrowableAssert<?, ?> assertRefused(Map<String, Tensor> changed) {
        Map<String, Tensor> tensors =
                new TreeMap<>(SafeTensorsReader.read("f", file).tensors());
        tensors.putAll(changed);
        byte[] other = SafeTensors.write(tensors, Map.of());
        return assertThatThrownBy(() -> NetworkWeights.read("f", other, architecture))
                .isInstanceOf(FileFormatException.class);
    }
}
