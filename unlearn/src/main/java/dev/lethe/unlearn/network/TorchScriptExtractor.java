package dev.lethe.unlearn.network;

import ai.djl.MalformedModelException;
import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import dev.lethe.unlearn.format.FileFormatException;
import dev.lethe.unlearn.objective.Extractor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;

/** A TorchScript module in float32, as {@code torch.jit.save} writes it. */
final class TorchScriptExtractor implements Extractor {

    private final String sha256;
    private final int[] shape;
    private final Model model;
    private final int outputs;

    TorchScriptExtractor(Path file, String sha256, int[] shape) {
        this.sha256 = sha256;
        this.shape = shape;
        this.model = load(file);
        try {
            this.outputs = apply(new double[inputs()]).length;
        } catch (RuntimeException e) {
            model.close();
            throw new FileFormatException(
                    file.toString(),
                    "does not run on a sample of shape " + Arrays.toString(shape) + ": "
                            + String.valueOf(e.getMessage()).lines().findFirst().orElse(""));
        }
    }

    private static Model load(Path file) {
        Model model = Torch.newModel("extractor");
        try {
            model.load(file.toAbsolutePath());
            return model;
        } catch (IOException | MalformedModelException | RuntimeException e) {
            model.close();
            throw new FileFormatException(file.toString(), "expected a TorchScript file, as torch.jit.save writes it");
        }
    }

    @Override
    public int inputs() {
        return Extractors.product(shape);
    }

    @Override
    public int outputs() {
        return outputs;
    }

    @Override
    public synchronized double[] apply(double[] x) {
        try (NDManager manager = Torch.newManager()) {
            NDArray input = manager.create(Extractors.floats(x), new Shape(Extractors.batchOfOne(shape)));
            ParameterStore store = new ParameterStore(manager, false);
            NDList out = model.getBlock().forward(store, new NDList(input), false);
            out.attach(manager);
            return Extractors.doubles(out.singletonOrThrow().toFloatArray());
        }
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof TorchScriptExtractor that
                && sha256.equals(that.sha256)
                && Arrays.equals(shape, that.shape);
    }

    @Override
    public int hashCode() {
        return sha256.hashCode();
    }
}
