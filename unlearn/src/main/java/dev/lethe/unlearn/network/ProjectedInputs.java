package dev.lethe.unlearn.network;

import dev.lethe.unlearn.linalg.DenseMatrix;
import dev.lethe.unlearn.linalg.Matrices;
import java.util.HashMap;
import java.util.Map;

/**
 * The squared inputs of linear layers in their factor's basis. They depend on the rows only, so the eigenvalues (drawn
 * labels) and the self-influences (the rows' own) of the same rows share them: that is half of the work.
 */
final class ProjectedInputs implements AutoCloseable {

    private final boolean keeps;
    private final Map<Place, DenseMatrix> kept = new HashMap<>();

    private record Place(int layer, int at) {}

    private ProjectedInputs(boolean keeps) {
        this.keeps = keeps;
    }

    /** Kept until this is closed. */
    static ProjectedInputs kept() {
        return new ProjectedInputs(true);
    }

    /** Computed each time. */
    static ProjectedInputs fresh() {
        return new ProjectedInputs(false);
    }

    /**
     * (Q_Aᵀa)², element by element, of one block; to be given to {@link #done}.
     *
     * @param at the block's first row
     * @param capture of a linear layer
     */
    DenseMatrix squares(int layer, int at, KroneckerBasis basis, Capture capture) {
        DenseMatrix known = kept.get(new Place(layer, at));
        if (known != null) {
            return known;
        }
        DenseMatrix squares = basis.projectInputs(capture);
        Matrices.square(squares);
        if (keeps) {
            kept.put(new Place(layer, at), squares);
        }
        return squares;
    }

    /** The squares are not read any more. */
    void done(DenseMatrix squares) {
        if (!keeps) {
            squares.close();
        }
    }

    @Override
    public void close() {
        kept.values().forEach(DenseMatrix::close);
    }
}
