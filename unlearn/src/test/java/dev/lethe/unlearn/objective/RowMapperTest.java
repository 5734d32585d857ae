package dev.lethe.unlearn.objective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lethe.unlearn.objective.Mapping.Fits;
import dev.lethe.unlearn.objective.Mapping.Misfit;
import dev.lethe.unlearn.objective.Transform.LearnedFrom;
import dev.lethe.unlearn.objective.Transform.RowNorm;
import java.util.List;
import org.junit.jupiter.api.Test;

class RowMapperTest {
    private static final Transform HALVES =
            new Transform(new double[0], new double[] {2}, RowNorm.NONE, LearnedFrom.NONE);

    @Test
    void shouldAppendTheConstantAfterTheTransform() {
        Row row = ((Fits) mapper(Intercept.FREE).map(new double[] {2, 4}, "b", 0.5)).row();

        assertThat(row.x()).containsExactly(1, 2, 1);
        assertThat(row.y()).containsExactly(1);
        assertThat(row.weight()).isEqualTo(0.5);
    }

    @Test
    void shouldNotAppendAConstantWithoutIntercept() {
        assertThat(((Fits) mapper(Intercept.NONE).map(new double[] {2, 4}, "a", 1))
                        .row()
                        .x())
                .containsExactly(1, 2);
    }

    @Test
    void shouldSayWhyASampleDoesNotFit() {
        assertMisfit(new double[3], "a", 1, Mapping.FEATURE_COUNT, "expected 2 values, got 3");
        assertMisfit(new double[] {0, Double.NaN}, "a", 1, Mapping.NOT_FINITE, "position 1");
        assertMisfit(new double[] {Double.NEGATIVE_INFINITY, 0}, "a", 1, Mapping.NOT_FINITE, "position 0");
        assertMisfit(new double[2], "c", 1, Mapping.UNKNOWN_CLASS, "expected one of [a, b], got \"c\"");
        assertMisfit(new double[2], null, 1, Mapping.UNKNOWN_CLASS, "got none");
        assertMisfit(new double[2], "a", -1, Mapping.BAD_WEIGHT, "at least 0");
        assertMisfit(new double[2], "a", Double.NaN, Mapping.BAD_WEIGHT, "finite");
        assertMisfit(new double[2], "a", Double.POSITIVE_INFINITY, Mapping.BAD_WEIGHT, "finite");
    }

    @Test
    void shouldMakeTheSameRowInTwoSteps() {
        RowMapper mapper = mapper(Intercept.FREE);
        double[] raw = {2, 4};
        Row whole = ((Fits) mapper.map(raw, "b", 0.5)).row();

        Row row = mapper.row(mapper.x(raw), whole.norm(), "b", 0.5);

        assertThat(row.x()).containsExactly(whole.x());
        assertThat(row.y()).containsExactly(whole.y());
        assertThat(row.weight()).isEqualTo(whole.weight());
        assertThat(row.norm()).isEqualTo(whole.norm()).isEqualTo(Math.sqrt(6));
        assertThat(mapper.row(mapper.x(raw), whole.norm(), "c", 1)).isNull();
        assertThat(mapper.row(mapper.x(raw), whole.norm(), "a", Double.NaN)).isNull();
        assertThat(mapper.row(mapper.x(raw), whole.norm(), "a", -1)).isNull();
        assertThat(mapper.x(new double[3])).isNull();
        assertThat(mapper.x(new double[] {0, Double.NaN})).isNull();
    }

    @Test
    void shouldShareALayoutWhereXIsTheSame() {
        assertThat(mapper(Intercept.FREE).layout())
                .isEqualTo(mapper(Intercept.PENALISED).layout())
                .isNotEqualTo(mapper(Intercept.NONE).layout());
        assertThat(mapper(Intercept.FREE).layout().columns()).isEqualTo(3);
        assertThat(mapper(Intercept.NONE).layout().columns()).isEqualTo(2);
    }

    @Test
    void shouldRefuseFeaturesThatTheTransformMakesInfinite() {
        Transform tiny = new Transform(new double[0], new double[] {1e-10}, RowNorm.L2, LearnedFrom.NONE);
        RowMapper mapper = new RowMapper(objective(Intercept.NONE), labels(), tiny);

        assertThat(mapper.map(new double[] {1e308, 1}, "a", 1))
                .isInstanceOfSatisfying(
                        Misfit.class, m -> assertThat(m.reason()).contains("after the transform"));
    }

    @Test
    void shouldNotQuoteRidgeTargets() {
        Objective ridge = new Objective(Family.RIDGE, 2, 1, Intercept.NONE, 0);
        RowMapper mapper = new RowMapper(ridge, Labels.of(ridge, List.of()), Transform.NONE);

        assertThat(mapper.map(new double[2], "12;34", 1)).isInstanceOfSatisfying(Misfit.class, m -> {
            assertThat(m.code()).isEqualTo(Mapping.BAD_LABEL);
            assertThat(m.reason()).contains("one finite decimal").doesNotContain("12;34");
        });
    }

    @Test
    void shouldRefuseATransformOfAnotherLength() {
        Transform three = new Transform(new double[3], new double[0], RowNorm.NONE, LearnedFrom.NONE);

        assertThatThrownBy(() -> new RowMapper(objective(Intercept.NONE), labels(), three))
                .hasMessageContaining("transform.subtract");
    }

    private static void assertMisfit(double[] features, String label, double weight, String code, String reason) {
        assertThat(mapper(Intercept.FREE).map(features, label, weight)).isInstanceOfSatisfying(Misfit.class, m -> {
            assertThat(m.code()).isEqualTo(code);
            assertThat(m.reason()).contains(reason);
        });
    }

    private static RowMapper mapper(Intercept intercept) {
        return new RowMapper(objective(intercept), labels(), HALVES);
    }

    private static Labels labels() {
        return Labels.of(objective(Intercept.NONE), List.of("a", "b"));
    }

    private static Objective objective(Intercept intercept) {
        return new Objective(Family.LOGISTIC, 2, 1, intercept, 1);
    }
}
