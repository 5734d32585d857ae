package dev.lethe.unlearn.influence;

import dev.lethe.unlearn.curvature.DenseFactor;
import dev.lethe.unlearn.curvature.PassAccumulator;
import dev.lethe.unlearn.curvature.Preconditioner;
import dev.lethe.unlearn.curvature.SingularCurvatureException;
import java.util.Arrays;
import java.util.Locale;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/** The methods there are, by name. */
public enum InfluenceMethods {
    /** See {@link DirectInverse}. */
    DIRECT("exact: the inverse curvature as a matrix, up to " + DenseFactor.MAX_PARAMETERS + " parameters"),
    /** See {@link ConjugateGradients}. */
    CG("exact to a tolerance: conjugate gradients, any size"),
    /** See {@link BlockConjugateGradients}. */
    BLOCK_CG("as cg, with all test rows searching together: fewer passes over the rows"),
    /** See {@link Lissa}. */
    LISSA("stochastic Neumann series; slow and rough, for comparison"),
    /** See {@link LowRankInverse#arnoldi}. */
    ARNOLDI("low rank: Krylov space of a random start"),
    /** See {@link LowRankInverse#nystroem}. */
    NYSTROEM("low rank: random directions, the rest keeps 1/l2"),
    /** See {@link GradientDot}. */
    GRADIENT_DOT("no curvature: the floor");

    private final String description;

    InfluenceMethods(String description) {
        this.description = description;
    }

    /**
     * What the methods can be told.
     *
     * @param tolerance cg, block-cg: on the relative residual
     * @param maxSteps cg, block-cg: products at most
     * @param rank arnoldi, nystroem: directions
     * @param depth lissa: steps
     * @param batch lissa: rows per step
     * @param seed arnoldi, nystroem, lissa
     */
    public record Options(double tolerance, int maxSteps, int rank, int depth, int batch, long seed) {

        public static final Options DEFAULT = new Options(1e-4, 500, 200, 2000, 64, 1);

        public Options {
            if (!(tolerance > 0) || maxSteps < 1 || rank < 1 || depth < 1 || batch < 1) {
                throw new IllegalArgumentException("influence options: expected all above 0, got tolerance " + tolerance
                        + ", steps " + maxSteps + ", rank " + rank + ", depth " + depth + ", batch " + batch);
            }
        }
    }

    /** The name: {@code block-cg} for BLOCK_CG. */
    public String id() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    public String description() {
        return description;
    }

    /** @throws IllegalArgumentException listing the names, if there is no such method */
    public static InfluenceMethods of(String id) {
        return Arrays.stream(values())
                .filter(method -> method.id().equals(id))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("influence method: expected one of "
                        + Arrays.stream(values()).map(InfluenceMethods::id).collect(Collectors.joining(", "))
                        + ", got " + id));
    }

    /**
     * Makes it ready for rows: curvature sums, a factorisation, a sketch.
     *
     * @param rows all rows of the model at its θ; borrowed until the method is closed
     * @throws SingularCurvatureException direct: if H has no inverse
     * @throws IllegalArgumentException direct: if there are too many parameters; low rank: if l2 is 0
     */
    public InfluenceMethod over(EvaluatedRows rows, Options options) throws SingularCurvatureException {
        return switch (this) {
            case DIRECT -> direct(rows);
            case LISSA -> new Lissa(rows, options.depth(), options.batch(), options.seed());
            default -> over(new CurvatureOperator(rows), () -> Preconditioners.of(rows), options);
        };
    }

    /** Whether {@link #over(Curvature, Supplier, Options)} makes it: products with H are all it needs. */
    public boolean byProducts() {
        return this != DIRECT && this != LISSA;
    }

    /**
     * Makes it ready where the rows are somewhere else.
     *
     * @param curvature of all rows of the model; borrowed until the method is closed
     * @param preconditioner asked for one at most; the method owns it then
     * @throws IllegalArgumentException if it needs more than products, or l2 is 0 and it is of low rank
     */
    public InfluenceMethod over(Curvature curvature, Supplier<Preconditioner> preconditioner, Options options) {
        return switch (this) {
            case CG -> new ConjugateGradients(curvature, preconditioner.get(), options.tolerance(), options.maxSteps());
            case BLOCK_CG ->
                new BlockConjugateGradients(curvature, preconditioner.get(), options.tolerance(), options.maxSteps());
            case ARNOLDI -> LowRankInverse.arnoldi(curvature, options.rank(), options.seed());
            case NYSTROEM -> LowRankInverse.nystroem(curvature, options.rank(), options.seed());
            case GRADIENT_DOT -> new GradientDot();
            case DIRECT, LISSA ->
                throw new IllegalArgumentException("method " + id() + ": needs the rows, not only products");
        };
    }

    /** H⁻¹ from a curvature pass over the rows. */
    public static DirectInverse direct(EvaluatedRows rows) throws SingularCurvatureException {
        try (PassAccumulator pass = new PassAccumulator(rows.objective(), rows.theta(), true, true)) {
            rows.rows().forEach(pass::add);
            try (DenseFactor factor = DenseFactor.build(rows.objective(), pass.sums())) {
                return new DirectInverse(rows.objective(), factor);
            }
        }
    }
}
