package dev.lethe.unlearn.valuation;

import dev.lethe.unlearn.objective.Row;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.hipparchus.clustering.CentroidCluster;
import org.hipparchus.clustering.DoublePoint;
import org.hipparchus.clustering.KMeansPlusPlusClusterer;
import org.hipparchus.clustering.distance.EuclideanDistance;
import org.hipparchus.random.Well19937c;

/**
 * Distance to the nearest prototype, a centre of k-means, as a score that needs no model (Sorscher et al. 2022): far from
 * all prototypes is hard. Each class has equally many prototypes, so that a small class is not scored by the large ones.
 * The rows' x are features, or embeddings where the model has an extractor.
 */
public final class Prototypes {

    private static final int MAX_ITERATIONS = 100;

    private Prototypes() {}

    /**
     * Distance of each row to the nearest prototype of its own label; n.
     *
     * @param rows Not modified.
     * @param perClass prototypes of each class; a class with fewer rows has as many as rows
     */
    public static double[] distances(List<Row> rows, int perClass, long seed) {
        if (perClass < 1) {
            throw new IllegalArgumentException("prototypes: expected at least 1 for each class, got " + perClass);
        }
        Map<Double, List<Integer>> classes = new TreeMap<>();
        for (int i = 0; i < rows.size(); i++) {
            classes.computeIfAbsent(rows.get(i).y()[0], label -> new ArrayList<>())
                    .add(i);
        }
        double[] distances = new double[rows.size()];
        for (List<Integer> members : classes.values()) {
            List<double[]> centres = centres(rows, members, Math.min(perClass, members.size()), seed);
            for (int i : members) {
                distances[i] = nearest(centres, rows.get(i).x());
            }
        }
        return distances;
    }

    private static List<double[]> centres(List<Row> rows, List<Integer> members, int count, long seed) {
        List<DoublePoint> points =
                members.stream().map(i -> new DoublePoint(rows.get(i).x())).toList();
        var clusterer = new KMeansPlusPlusClusterer<DoublePoint>(
                count, MAX_ITERATIONS, new EuclideanDistance(), new Well19937c(seed));
        return clusterer.cluster(points).stream()
                .map(CentroidCluster::getCenter)
                .map(centre -> centre.getPoint())
                .toList();
    }

    private static double nearest(List<double[]> centres, double[] x) {
        EuclideanDistance distance = new EuclideanDistance();
        return centres.stream()
                .mapToDouble(centre -> distance.compute(centre, x))
                .min()
                .orElseThrow();
    }

    /**
     * Scores as ranks within each label, from 0 to 1: pruning by these keeps the same part of every class.
     *
     * @param scores one per row. Not modified.
     */
    public static double[] balanced(List<Row> rows, double[] scores) {
        Map<Double, List<Integer>> classes = new TreeMap<>();
        for (int i = 0; i < scores.length; i++) {
            classes.computeIfAbsent(rows.get(i).y()[0], label -> new ArrayList<>())
                    .add(i);
        }
        double[] ranks = new double[scores.length];
        for (List<Integer> members : classes.values()) {
            Integer[] order = members.toArray(Integer[]::new);
            Arrays.sort(order, (a, b) -> Double.compare(scores[a], scores[b]));
            for (int rank = 0; rank < order.length; rank++) {
                ranks[order[rank]] = (rank + 0.5) / order.length;
            }
        }
        return ranks;
    }
}
