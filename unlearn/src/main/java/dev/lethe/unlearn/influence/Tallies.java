package dev.lethe.unlearn.influence;

import dev.lethe.unlearn.influence.InfluenceSweep.OnTest;
import dev.lethe.unlearn.influence.InfluenceSweep.Query;
import dev.lethe.unlearn.objective.Row;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** What a sweep keeps of each test row: the largest influences on it, and the sum of its group's. */
final class Tallies {
    private final TopInfluences[] tops;
    private final double[] group;

    Tallies(Query query) {
        this.tops = new TopInfluences[query.tests()];
        Arrays.setAll(tops, t -> new TopInfluences(query.top()));
        this.group = new double[query.tests()];
    }

    void offer(int test, String id, Row row, double influence) {
        tops[test].offer(id, row, influence);
    }

    void addToGroup(int test, double influence) {
        group[test] += influence;
    }

    /** One for each test row, in their order. */
    List<OnTest> onTests() {
        List<OnTest> tests = new ArrayList<>();
        for (int t = 0; t < tops.length; t++) {
            tests.add(new OnTest(tops[t].helpful(), tops[t].harmful(), group[t]));
        }
        return tests;
    }
}
