package dev.lethe.unlearn.golden;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lethe.unlearn.Samples;
import dev.lethe.unlearn.curvature.SingularCurvatureException;
import dev.lethe.unlearn.influence.Attribution;
import dev.lethe.unlearn.influence.DirectInverse;
import dev.lethe.unlearn.influence.EvaluatedRows;
import dev.lethe.unlearn.influence.GroupInfluence;
import dev.lethe.unlearn.influence.InfluenceMethods;
import dev.lethe.unlearn.influence.Removals;
import dev.lethe.unlearn.objective.Row;
import dev.lethe.unlearn.objective.Vectors;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;

/** Influence against independently computed answers. */
class InfluenceGoldenTest extends EachGoldenCase {

    private static final double TOLERANCE = 1e-9;

    /** Rows whose scores the larger cases are held to; all of the small ones. */
    private static final int FIRST = 2000;

    private record Case(GoldenCase golden, EvaluatedRows rows, DirectInverse inverse) {

        static Case of(String name) {
            GoldenCase golden = GoldenCase.open(name);
            EvaluatedRows rows = EvaluatedRows.of(golden.objective(), golden.thetaFull(), golden.rows());
            try {
                return new Case(golden, rows, InfluenceMethods.direct(rows));
            } catch (SingularCurvatureException e) {
                throw new AssertionError(name, e);
            }
        }
    }

    @Override
    Stream<DynamicTest> tests(String name) {
        Case one = Case.of(name);
        return Stream.of(
                        DynamicTest.dynamicTest("rows", () -> checkRows(one)),
                        DynamicTest.dynamicTest("scores", () -> checkScores(one)),
                        DynamicTest.dynamicTest("groups", () -> checkGroups(one)))
                .onClose(() -> {
                    one.inverse().close();
                    one.rows().close();
                });
    }

    private static void checkRows(Case one) {
        Attribution attribution = new Attribution(one.rows(), one.inverse());
        double[][] expected = one.golden().array("influence_rows");
        int[] numbers = one.golden().numbers("influence_rows");
        for (int i = 0; i < numbers.length; i++) {
            double[] step = attribution.onParameters(one.golden().rows().get(numbers[i]));
            assertThat(Samples.distance(step, expected[i]))
                    .as("row %d", numbers[i])
                    .isLessThan(TOLERANCE * Vectors.norm(expected[i]) + 1e-13);
        }
    }

    private static void checkScores(Case one) {
        double[] leverages = flat(one.golden().array("leverage_first"));
        double[] selves = flat(one.golden().array("self_influence_first"));
        int count = Math.min(FIRST, leverages.length);
        List<Row> rows = one.golden().rows().subList(0, count);
        try (EvaluatedRows first =
                EvaluatedRows.of(one.golden().objective(), one.golden().thetaFull(), rows)) {
            Removals removals = Removals.of(first, one.inverse());
            for (int i = 0; i < count; i++) {
                assertClose(removals.leverages()[i], leverages[i]);
                assertClose(removals.selfInfluences()[i], selves[i]);
            }
        }
    }

    private static void assertClose(double got, double expected) {
        assertThat(Math.abs(got - expected)).isLessThan(TOLERANCE * Math.abs(expected) + 1e-12);
    }

    private static double[] flat(double[][] column) {
        return Stream.of(column).mapToDouble(row -> row[0]).toArray();
    }

    private static void checkGroups(Case one) {
        GroupInfluence groups =
                new GroupInfluence(one.golden().objective(), one.golden().thetaFull(), one.inverse());
        double[][] influence = one.golden().array("influence_fixed");
        List<GoldenCase.ChangeSet> sets = new ArrayList<>(one.golden().sets());
        for (int i = 0; i < sets.size(); i++) {
            GoldenCase.ChangeSet set = sets.get(i);
            double[] plain = Vectors.plus(one.golden().thetaFull(), 1, groups.firstOrder(set.changes()));
            assertThat(Samples.distance(plain, influence[i]))
                    .as("influence of %s", set)
                    .isLessThan(TOLERANCE * Vectors.norm(influence[i]));
            double[] newton = Vectors.plus(one.golden().thetaFull(), 1, groups.newtonStep(set.changes()));
            assertThat(Samples.distance(newton, set.newton()))
                    .as("newton step of %s", set)
                    .isLessThan(TOLERANCE * Vectors.norm(set.newton()));
        }
    }
}
