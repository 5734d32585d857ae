package dev.lethe.streams.cli.evaluate;

import dev.lethe.streams.LetheException;
import dev.lethe.streams.cli.Lethe;
import dev.lethe.streams.cli.Progress;
import dev.lethe.unlearn.influence.InfluenceMethods;
import dev.lethe.unlearn.influence.Removals;
import dev.lethe.unlearn.valuation.Correlations;
import dev.lethe.unlearn.valuation.LeaveOneOut;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.IntStream;
import org.knowm.xchart.XYChart;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Influence against models refitted without the row. */
@Command(
        name = "loo",
        description = {
            "Compares influence on test losses with models refitted without the row: to first order, with the row's own"
                    + " curvature taken out (down-dated), and at the parameters that this moves to (moved).",
            "Without --test, every thirtieth training row is a test row. It stays a training row, so its influence on"
                    + " itself is among the pairs, which is the largest there is and the best predicted: correlations are"
                    + " higher than for rows the model never saw (--held-out)."
        },
        footer = {
            "",
            "On the 1797 digits (softmax, l2 = 1.797) Pearson is 0.9987 to first order and 0.9999 moved; held out, 0.9976"
                    + " and 0.9998.",
            "",
            "Example:",
            "  lethe evaluate loo --model digits.yaml --samples digits.csv.gz --rows 200 --out out"
        })
final class LooCommand extends Evaluation {

    @Mixin
    private MethodOptions methods;

    @Option(
            names = "--rows",
            paramLabel = "N",
            defaultValue = "2147483647",
            description = "Refit without N random rows only (default: without each).")
    private int most;

    @Option(
            names = "--top",
            paramLabel = "N",
            defaultValue = "100",
            description = "Also correlate over the N pairs with the largest true effect (default: ${DEFAULT-VALUE}).")
    private int top;

    @Option(
            names = "--every",
            paramLabel = "N",
            defaultValue = "30",
            description = "Without --test: the 1st, (N+1)th, … row is a test row (default: ${DEFAULT-VALUE}).")
    private int every;

    @Option(names = "--held-out", description = "Do not train on these rows.")
    private boolean heldOut;

    @Override
    public Integer call() {
        if (every < 2 || top < 1 || most < 1) {
            throw new LetheException("loo: expected --every of at least 2, --top and --rows of at least 1, got " + every
                    + ", " + top + " and " + most);
        }
        DataOptions.Data data = data(new DataOptions.Tests(i -> i % every == 0, !heldOut));
        err().printf(
                        "%d training rows, %d test rows%s%n",
                        data.training().size(), data.test().size(), where());
        InfluenceMethods chosen = methods.chosen(data.objective());
        int[] left = data.some(most, seed());
        try (Fitted fitted = methods.fitted(data, seed())) {
            Map<String, double[]> estimates = new LinkedHashMap<>();
            estimates.put(chosen.id(), fitted.attribution().onEach(data.test()));
            Removals removals = fitted.removalsOrNull();
            if (removals != null) {
                estimates.put("direct, down-dated", fitted.attribution().onEach(data.test(), removals));
                estimates.put("direct, moved", fitted.attribution().rises(data.test(), removals));
            }
            estimates.replaceAll((name, all) -> pick(all, left, data.test().size()));
            report(estimates, exact(data, fitted, left));
        }
        return Lethe.DONE;
    }

    private String where() {
        if (hasTestFile()) {
            return "";
        }
        return heldOut ? ", not trained on" : " that are training rows too (--held-out: that are not)";
    }

    private static double[] pick(double[] all, int[] rows, int tests) {
        return IntStream.range(0, rows.length * tests)
                .mapToDouble(i -> all[rows[i / tests] * tests + i % tests])
                .toArray();
    }

    private double[] exact(DataOptions.Data data, Fitted fitted, int[] left) {
        int tests = data.test().size();
        double[] exact = new double[left.length * tests];
        try (Fitted direct = methods.best(data, seed());
                Progress progress = Progress.start("refits", left.length)) {
            LeaveOneOut refits = new LeaveOneOut(fitted.rows(), direct.method());
            for (int i = 0; i < left.length; i++) {
                System.arraycopy(refits.effect(left[i], data.test()), 0, exact, i * tests, tests);
                progress.step();
            }
        }
        return exact;
    }

    private void report(Map<String, double[]> estimates, double[] exact) {
        int[] strongest = Correlations.mostInfluential(exact, Math.min(top, exact.length));
        Results table = new Results("METHOD", "PAIRS", "PEARSON", "SPEARMAN", "PEARSON TOP " + strongest.length);
        XYChart chart = Charts.chart("Influence and refits", "loss change after a refit", "influence");
        Charts.diagonal(chart, exact);
        estimates.forEach((name, estimate) -> {
            table.add(
                    name,
                    exact.length,
                    Correlations.pearson(exact, estimate),
                    Correlations.spearman(exact, estimate),
                    Correlations.pearson(Correlations.at(exact, strongest), Correlations.at(estimate, strongest)));
            int[] drawn = Correlations.mostInfluential(exact, Math.min(2000, exact.length));
            Charts.points(chart, name, Correlations.at(exact, drawn), Correlations.at(estimate, drawn));
        });
        table.print(out());
        table.write(folderOrNull(), "loo");
        Charts.write(chart, folderOrNull(), "loo");
    }
}
