package dev.lethe.unlearn.network;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.lethe.unlearn.objective.Row;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * The damped generalised Gauss–Newton matrix Σ w JᵀH_L J + λI over rows at one θ, by products: forward mode through the
 * layers' own formulae, the loss's curvature, then one backward (Schraudolph 2002). Positive definite for λ &gt; 0.
 *
 * <p>Each row's activations stay in native memory until {@link #close()}, so that a product costs one forward and one
 * backward.
 */
public final class GaussNewton implements CurvatureMap, AutoCloseable {

    private final Network network;
    private final double damping;
    private final List<Block> blocks = new ArrayList<>();

    /** @param logits of the run's rows */
    private record Block(List<Row> rows, ForwardRun run, double[] logits) {}

    /**
     * @param rows Not modified, not copied.
     * @param damping λ, for the sum over the rows
     */
    public GaussNewton(Network network, List<Row> rows, double damping) {
        if (!(damping >= 0) || Double.isInfinite(damping)) {
            throw new IllegalArgumentException("damping: expected a finite number of at least 0, got " + damping);
        }
        this.network = network;
        this.damping = damping;
        try {
            network.forBlocks(rows, some -> {
                ForwardRun run = network.run(some, ForwardRun.Keep.PARAMETER_GRADIENTS);
                blocks.add(new Block(some, run, run.logits()));
            });
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    @Override
    public int size() {
        return network.architecture().parameters();
    }

    @Override
    public double[] times(double[] v) {
        double[] sum = backward(block -> {
            double[] moved = tangent(block.run, v);
            bend(block, moved);
            return moved;
        });
        for (int i = 0; i < sum.length; i++) {
            sum[i] += damping * v[i];
        }
        network.requireFinite("curvature products", sum);
        return sum;
    }

    /** The outputs of all rows, row by row. */
    double[] logits() {
        double[] all = new double
                [blocks.stream().mapToInt(block -> block.logits.length).sum()];
        int at = 0;
        for (Block block : blocks) {
            System.arraycopy(block.logits, 0, all, at, block.logits.length);
            at += block.logits.length;
        }
        return all;
    }

    /** Σ Jᵀu over the rows, at the cost of half a product. */
    double[] gradient(Network.Cotangents cotangents) {
        int[] from = {0};
        double[] sum = backward(block -> {
            double[] u = cotangents.of(from[0], block.rows, block.logits);
            from[0] += block.rows.size();
            return u;
        });
        network.requireFinite("gradients", sum);
        return sum;
    }

    private double[] backward(Function<Block, double[]> cotangents) {
        double[] sum = new double[size()];
        double[] some = new double[size()];
        for (Block block : blocks) {
            block.run.backward(cotangents.apply(block));
            block.run.parameterGradient(some);
            for (int i = 0; i < sum.length; i++) {
                sum[i] += some[i];
            }
        }
        return sum;
    }

    /** J·v: rows × outputs. Everything on the way lives in a manager of its own. */
    private double[] tangent(ForwardRun run, double[] v) {
        Architecture architecture = network.architecture();
        try (NDManager scratch = run.manager().newSubManager()) {
            List<NDArray[]> directions = ForwardRun.parameters(architecture, v, scratch, false);
            for (int i = 0; i <= architecture.layers().size(); i++) {
                run.value(i).tempAttach(scratch);
            }
            NDArray moved = null;
            for (int i = 0; i < architecture.layers().size(); i++) {
                Layer layer = architecture.layers().get(i);
                NDArray[] own = run.parameters(i);
                moved = LayerOps.tangent(layer, run.value(i), run.value(i + 1), moved, own, directions.get(i));
            }
            return moved == null ? new double[run.count() * architecture.outputs()] : Torch.read(moved);
        }
    }

    private void bend(Block block, double[] moved) {
        int outputs = network.architecture().outputs();
        double[] z = new double[outputs];
        double[] u = new double[outputs];
        for (int i = 0; i < block.rows.size(); i++) {
            System.arraycopy(block.logits, i * outputs, z, 0, outputs);
            System.arraycopy(moved, i * outputs, u, 0, outputs);
            network.loss().bend(z, u);
            for (int k = 0; k < outputs; k++) {
                moved[i * outputs + k] = block.rows.get(i).weight() * u[k];
            }
        }
    }

    @Override
    public void close() {
        blocks.forEach(block -> block.run.close());
    }
}
