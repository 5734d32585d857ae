package dev.lethe.unlearn.influence;

import dev.lethe.unlearn.objective.Objective;
import dev.lethe.unlearn.objective.Row;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Influences of one part of the training rows on test rows, in one sweep that keeps only the largest: what each shard of a
 * dataset does with the same directions. Positive: the row helps, the test loss rises without it. Not thread-safe.
 */
public final class InfluenceSweep implements RowSweep {

    private static final int BLOCK = 256;

    private final Objective objective;
    private final double[] theta;
    private final Query query;
    private final DirectInverse inverse;
    private final List<String> ids = new ArrayList<>();
    private final List<Row> rows = new ArrayList<>();
    private final Tallies tallies;
    private long seen;
    private long groupRows;

    /** Which removal is meant. */
    public enum Form {
        /** To first order: the row's curvature is still counted. */
        PLAIN,
        /** The row's own curvature taken out exactly; needs the inverse. */
        CORRECTED,
        /** As plain, over how far the removal moves the parameters (Barshan et al. 2020); needs the inverse. */
        RELATIVE;

        public String id() {
            return name().toLowerCase(Locale.ROOT);
        }

        public boolean needsInverse() {
            return this != PLAIN;
        }

        /** @throws IllegalArgumentException listing the names, if there is no such form */
        public static Form of(String id) {
            return Arrays.stream(values())
                    .filter(form -> form.id().equals(id))
                    .findFirst()
                    .orElseThrow(() -> new IllegalArgumentException("form: expected one of "
                            + Arrays.stream(values()).map(Form::id).collect(Collectors.joining(", ")) + ", got " + id));
        }
    }

    /**
     * What is asked.
     *
     * @param directions H⁻¹ of the test gradients, K·d × tests; see {@link #directions}
     * @param tests at least 1
     * @param top kept on each side at most
     * @param group ids whose influences are added up as well; may be empty
     * @param groupDirections as directions, by the curvature that is left without the group: the sum is then that of one
     *     Newton step; null: the sum of what each does alone
     */
    public record Query(
            double[] directions, int tests, Form form, int top, Set<String> group, double[] groupDirections) {

        public Query {
            if (groupDirections != null && groupDirections.length != directions.length) {
                throw new IllegalArgumentException("influence: expected " + directions.length
                        + " values of the group's directions, got " + groupDirections.length);
            }
            if (tests < 1 || top < 0 || directions.length % tests != 0) {
                throw new IllegalArgumentException("influence: expected at least 1 test row and whole directions, got "
                        + tests + " and " + directions.length + " values");
            }
        }
    }

    /** A training row and its influence. */
    public record Item(String id, Row row, double influence) {}

    /**
     * On one test row.
     *
     * @param helpful the most positive first
     * @param harmful the most negative first
     * @param group sum over the group's rows that were seen
     */
    public record OnTest(List<Item> helpful, List<Item> harmful, double group) {}

    /** Of all rows seen. */
    public record Answer(long rows, long groupRows, List<OnTest> tests) {}

    /**
     * @param theta K·d, where the test gradients were taken. Not modified.
     * @param packedInverse P as in {@link DirectInverse#ofPacked}, or null: then only the plain form
     * @throws IllegalArgumentException if a length does not fit, or the form needs the inverse and there is none
     */
    public InfluenceSweep(Objective objective, double[] theta, Query query, double[] packedInverse) {
        if (query.form.needsInverse() && packedInverse == null) {
            throw new IllegalArgumentException(
                    "influence: the form " + query.form.id() + " needs the inverse curvature");
        }
        if (query.directions.length != Math.multiplyExact(objective.parameters(), query.tests)) {
            throw new IllegalArgumentException("influence: expected " + objective.parameters()
                    + " values per test row, got " + query.directions.length / query.tests);
        }
        this.objective = objective;
        this.theta = theta.clone();
        this.query = query;
        this.inverse = packedInverse == null ? null : DirectInverse.ofPacked(objective, packedInverse);
        this.tallies = new Tallies(query);
    }

    /**
     * H⁻¹∇ℓ of test rows, or ∇ℓ without an inverse.
     *
     * @param packedInverse P, or null. Not modified.
     * @param test at least one. Not modified.
     * @return K·d × tests
     */
    public static double[] directions(Objective objective, double[] theta, double[] packedInverse, List<Row> test) {
        double[] gradients;
        try (EvaluatedRows evaluated = EvaluatedRows.of(objective, theta, test)) {
            gradients = evaluated.gradients();
        }
        if (packedInverse == null) {
            return gradients;
        }
        try (DirectInverse inverse = DirectInverse.ofPacked(objective, packedInverse)) {
            return inverse.solve(gradients, test.size());
        }
    }

    /** The direction of the sum of test losses. @param directions K·d × tests. Not modified. @return K·d */
    public static double[] sum(double[] directions, int tests) {
        double[] sum = new double[directions.length / tests];
        for (int i = 0; i < directions.length; i++) {
            sum[i % sum.length] += directions[i];
        }
        return sum;
    }

    @Override
    public void add(String id, Row row) {
        ids.add(id);
        rows.add(row);
        if (rows.size() == BLOCK) {
            flush();
        }
    }

    private void flush() {
        if (rows.isEmpty()) {
            return;
        }
        try (EvaluatedRows block = EvaluatedRows.of(objective, theta, rows)) {
            double[] influences = influences(block);
            for (int i = 0; i < rows.size(); i++) {
                for (int t = 0; t < query.tests; t++) {
                    tallies.offer(t, ids.get(i), rows.get(i), influences[i * query.tests + t]);
                }
            }
            addGroup(block, influences);
        }
        seen += rows.size();
        ids.clear();
        rows.clear();
    }

    private double[] influences(EvaluatedRows block) {
        Removals removals = query.form.needsInverse() ? Removals.of(block, inverse) : null;
        double[] factors = query.form == Form.CORRECTED ? removals.factors() : block.weightedResiduals();
        double[] plain = Influences.of(block, factors, query.directions, query.tests);
        return query.form == Form.RELATIVE ? Attribution.relative(plain, removals) : plain;
    }

    /** A Newton step is linear in the gradients of what goes: to first order in these directions it is exact. */
    private void addGroup(EvaluatedRows block, double[] influences) {
        int[] members = IntStream.range(0, rows.size())
                .filter(i -> query.group.contains(ids.get(i)))
                .toArray();
        if (members.length == 0) {
            return;
        }
        groupRows += members.length;
        double[] each = query.groupDirections == null
                ? influences
                : Influences.of(block, block.weightedResiduals(), query.groupDirections, query.tests);
        for (int i : members) {
            for (int t = 0; t < query.tests; t++) {
                tallies.addToGroup(t, each[i * query.tests + t]);
            }
        }
    }

    @Override
    public Answer answer() {
        flush();
        return new Answer(seen, groupRows, tallies.onTests());
    }

    @Override
    public void close() {
        if (inverse != null) {
            inverse.close();
        }
    }
}
