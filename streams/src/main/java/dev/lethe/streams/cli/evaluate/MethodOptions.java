package dev.lethe.streams.cli.evaluate;

import dev.lethe.streams.LetheException;
import dev.lethe.unlearn.influence.InfluenceMethods;
import dev.lethe.unlearn.objective.Objective;
import picocli.CommandLine.Option;

/** Which influence method, and how it is set. */
final class MethodOptions {

    @Option(
            names = "--method",
            paramLabel = "NAME",
            description = "direct, cg, block-cg, lissa, arnoldi, nystroem or gradient-dot (default: direct where the"
                    + " curvature fits in memory, else nystroem).")
    private String method;

    @Option(
            names = "--rank",
            paramLabel = "N",
            defaultValue = "200",
            description = "arnoldi, nystroem: directions (default: ${DEFAULT-VALUE}).")
    private int rank;

    @Option(
            names = "--tolerance",
            paramLabel = "X",
            defaultValue = "1e-4",
            description = "cg, block-cg: relative residual (default: ${DEFAULT-VALUE}).")
    private double tolerance;

    /** The model, ready for the chosen method. @param seed of what the method draws */
    Fitted fitted(DataOptions.Data data, long seed) {
        return Fitted.of(data.objective(), data.training(), chosen(data.objective()), options(seed));
    }

    /** The same for the method that is best for a model of this size. */
    Fitted best(DataOptions.Data data, long seed) {
        return Fitted.of(data.objective(), data.training(), Fitted.best(data.objective()), options(seed));
    }

    InfluenceMethods chosen(Objective objective) {
        try {
            return method == null ? Fitted.best(objective) : InfluenceMethods.of(method);
        } catch (IllegalArgumentException e) {
            throw new LetheException("--method: " + e.getMessage(), e);
        }
    }

    InfluenceMethods.Options options(long seed) {
        InfluenceMethods.Options standard = InfluenceMethods.Options.DEFAULT;
        try {
            return new InfluenceMethods.Options(
                    tolerance, standard.maxSteps(), rank, standard.depth(), standard.batch(), seed);
        } catch (IllegalArgumentException e) {
            throw new LetheException(e.getMessage(), e);
        }
    }
}
