package dev.lethe.unlearn.influence;

import dev.lethe.unlearn.influence.InfluenceSweep.Answer;
import dev.lethe.unlearn.influence.InfluenceSweep.Form;
import dev.lethe.unlearn.influence.InfluenceSweep.Query;
import dev.lethe.unlearn.network.InverseCurvature;
import dev.lethe.unlearn.network.Network;
import dev.lethe.unlearn.network.RowGradients;
import dev.lethe.unlearn.objective.Row;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * As {@link InfluenceSweep}, for a network: w·∇ℓᵀV of each row, without forming the gradients. To first order, at parameters
 * that are seldom a minimum: what a network's influences are good for is an order of the rows (Bae et al. 2022).
 */
public final class NetworkSweep implements RowSweep {

    private static final int BLOCK = 256;

    private final Network network;
    private final Query query;
    private final double[][] directions;
    private final List<String> ids = new ArrayList<>();
    private final List<Row> rows = new ArrayList<>();
    private final Tallies tallies;
    private long seen;
    private long groupRows;

    /** @throws IllegalArgumentException if a length does not fit, or another form than the plain one is asked for */
    public NetworkSweep(Network network, Query query) {
        int parameters = network.architecture().parameters();
        if (query.form() != Form.PLAIN || query.groupDirections() != null) {
            throw new IllegalArgumentException(
                    "influence: of a network expected the form plain, and no curvature of a group");
        }
        if (query.directions().length != (long) parameters * query.tests()) {
            throw new IllegalArgumentException("influence: expected " + parameters + " values per test row, got "
                    + query.directions().length / query.tests());
        }
        this.network = network;
        this.query = query;
        this.directions = new double[query.tests()][];
        Arrays.setAll(directions, t -> Arrays.copyOfRange(query.directions(), t * parameters, (t + 1) * parameters));
        this.tallies = new Tallies(query);
    }

    /**
     * P·∇ℓ of test rows.
     *
     * @param inverse P; borrowed
     * @param tests at least one. Not modified.
     * @param together whether their losses are one sum
     * @return parameters × tests, or × 1
     */
    public static double[] directions(Network network, InverseCurvature inverse, List<Row> tests, boolean together) {
        if (together) {
            return solved(network, inverse, tests);
        }
        int parameters = inverse.size();
        double[] all = new double[Math.multiplyExact(parameters, tests.size())];
        for (int t = 0; t < tests.size(); t++) {
            System.arraycopy(solved(network, inverse, List.of(tests.get(t))), 0, all, t * parameters, parameters);
        }
        return all;
    }

    private static double[] solved(Network network, InverseCurvature inverse, List<Row> tests) {
        double[] out = new double[inverse.size()];
        inverse.multiply(network.gradient(tests), out);
        return out;
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
        for (int t = 0; t < directions.length; t++) {
            double[] dots = RowGradients.dots(network, rows, directions[t]);
            for (int i = 0; i < dots.length; i++) {
                offer(i, t, rows.get(i).weight() * dots[i]);
            }
        }
        groupRows += ids.stream().filter(query.group()::contains).count();
        seen += rows.size();
        ids.clear();
        rows.clear();
    }

    private void offer(int row, int test, double influence) {
        tallies.offer(test, ids.get(row), rows.get(row), influence);
        if (query.group().contains(ids.get(row))) {
            tallies.addToGroup(test, influence);
        }
    }

    @Override
    public Answer answer() {
        flush();
        return new Answer(seen, groupRows, tallies.onTests());
    }

    @Override
    public void close() {
        // Holds nothing.
    }
}
