package dev.lethe.unlearn.bench;

import dev.lethe.unlearn.Samples;
import dev.lethe.unlearn.correction.Anchor;
import dev.lethe.unlearn.curvature.DenseFactor;
import dev.lethe.unlearn.curvature.SingularCurvatureException;
import dev.lethe.unlearn.curvature.Sums;
import dev.lethe.unlearn.objective.Family;
import dev.lethe.unlearn.objective.Intercept;
import dev.lethe.unlearn.objective.Objective;
import dev.lethe.unlearn.objective.Row;
import dev.lethe.unlearn.objective.RowChange;
import dev.lethe.unlearn.objective.Vectors;
import java.util.ArrayList;
import java.util.List;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** A model with its factor over seeded rows of length 1, 400 more than twice its columns. */
@State(Scope.Thread)
public class BenchModel {
    private static final int SEED = 784;
    private static final int SPARE_ROWS = 400;

    @Param({"logistic-64", "logistic-256", "logistic-784", "logistic-2048", "softmax-65x10"})
    String model;

    Objective objective;
    Sums sums;
    Anchor anchor;
    private List<Row> rows;
    private int round;

    static Objective objective(String model) {
        int dash = model.indexOf('-');
        String[] sizes = model.substring(dash + 1).split("x");
        int columns = Integer.parseInt(sizes[0]);
        return sizes.length == 2
                ? new Objective(Family.SOFTMAX, columns, Integer.parseInt(sizes[1]), Intercept.NONE, 1)
                : new Objective(Family.LOGISTIC, columns, 1, Intercept.NONE, 1);
    }

    static List<Row> unitRows(Objective objective, int count) {
        return new Samples(objective, SEED)
                .rows(count).stream()
                        .map(row -> new Row(
                                Vectors.plus(new double[row.x().length], 1 / Vectors.norm(row.x()), row.x()),
                                row.y(),
                                1))
                        .toList();
    }

    @Setup(Level.Trial)
    public void open() throws SingularCurvatureException {
        objective = objective(model);
        rows = unitRows(objective, 2 * objective.columns() + SPARE_ROWS);
        double[] theta = new double[objective.parameters()];
        sums = Samples.pass(objective, theta, rows, true);
        anchor = Anchor.at(objective, theta, null, sums);
        anchor.install(DenseFactor.build(objective, sums), theta);
    }

    /** Takes rows out, and the next time puts the same ones back. */
    void change(int size) {
        int from = round / 2 * size % (rows.size() - size);
        List<RowChange> changes = new ArrayList<>(size);
        for (Row row : rows.subList(from, from + size)) {
            changes.add(round % 2 == 0 ? RowChange.remove(row) : RowChange.add(row));
        }
        round++;
        anchor.foldGradient(changes);
        anchor.foldFactor(changes);
    }

    @TearDown(Level.Trial)
    public void close() {
        anchor.close();
    }
}
