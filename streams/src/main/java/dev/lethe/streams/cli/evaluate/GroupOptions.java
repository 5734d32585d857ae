package dev.lethe.streams.cli.evaluate;

import dev.lethe.streams.LetheException;
import dev.lethe.unlearn.objective.Row;
import dev.lethe.unlearn.objective.RowChange;
import dev.lethe.unlearn.valuation.Subsets;
import java.util.List;
import picocli.CommandLine.Option;

/** Which random groups of rows are removed. */
final class GroupOptions {

    @Option(names = "--groups", paramLabel = "N", defaultValue = "20", description = "Default: ${DEFAULT-VALUE}.")
    private int groups;

    @Option(
            names = "--fraction",
            paramLabel = "A",
            defaultValue = "0.05",
            description = "Part of the rows in each group (default: ${DEFAULT-VALUE}).")
    private double fraction;

    /** One group. @param removed its removals, one by one @param left the other rows */
    record Group(List<RowChange> removed, List<Row> left) {}

    /** @throws LetheException if an option is out of range */
    void check() {
        if (!(fraction > 0 && fraction < 1) || groups < 3) {
            throw new LetheException("expected --fraction between 0 and 1 and --groups of at least 3, got " + fraction
                    + " and " + groups);
        }
    }

    int count() {
        return groups;
    }

    /** The same for the same number and seed. */
    Group group(DataOptions.Data data, int number, long seed) {
        List<Row> rows = data.training();
        boolean[] members = new Subsets(rows.size(), fraction, seed).members(number);
        List<RowChange> removed =
                Subsets.of(rows, members).stream().map(RowChange::remove).toList();
        return new Group(removed, Subsets.of(rows, Subsets.others(members)));
    }
}
