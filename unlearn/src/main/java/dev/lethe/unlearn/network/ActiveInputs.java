package dev.lethe.unlearn.network;

import dev.lethe.unlearn.objective.Row;
import dev.lethe.unlearn.objective.RowChange;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The features that are not zero in every row of a patch, where the network begins with a linear layer: the edge of an
 * image is black in all of them. The weights of the others have no gradient and no curvature there but that of the
 * proximal term, so that a patch leaves them where they are: it is the same without them, for less work.
 */
final class ActiveInputs {

    /** Copying the rows costs something too: at least an eighth of the features has to be zero. */
    private static final double WORTH = 7.0 / 8;

    private final Architecture whole;
    /** Before the linear layer: a flatten, or nothing. */
    private final int skipped;

    private final int[] features;

    /** What a patch is computed of. */
    record Problem(Network network, List<RowChange> changes, List<Row> sample) {}

    private ActiveInputs(Architecture whole, int skipped, int[] features) {
        this.whole = whole;
        this.skipped = skipped;
        this.features = features;
    }

    /** Of this problem, if there are few enough. */
    static Optional<ActiveInputs> of(Problem problem) {
        Architecture whole = problem.network.architecture();
        int skipped = whole.layers().get(0) instanceof Layer.Flatten ? 1 : 0;
        if (whole.layers().size() <= skipped || !(whole.layers().get(skipped) instanceof Layer.Linear)) {
            return Optional.empty();
        }
        boolean[] active = new boolean[whole.features()];
        boolean fit = rows(problem).allMatch(row -> mark(row.x(), active));
        int[] features =
                IntStream.range(0, active.length).filter(j -> active[j]).toArray();
        boolean worth = fit && features.length > 0 && features.length <= WORTH * active.length;
        return worth ? Optional.of(new ActiveInputs(whole, skipped, features)) : Optional.empty();
    }

    private static Stream<Row> rows(Problem problem) {
        Stream<Row> changed = problem.changes.stream()
                .flatMap(change -> Stream.of(change.before(), change.after()))
                .filter(Objects::nonNull);
        return Stream.concat(problem.sample.stream(), changed);
    }

    /** NaN is not zero: it has to be refused later. @return whether the row has as many features as expected */
    private static boolean mark(double[] x, boolean[] active) {
        for (int j = 0; j < Math.min(x.length, active.length); j++) {
            active[j] |= x[j] != 0;
        }
        return x.length == active.length;
    }

    /** The same problem on these features only. */
    Problem narrowed(Problem problem) {
        List<Layer> layers =
                new ArrayList<>(whole.layers().subList(skipped, whole.layers().size()));
        Layer.Linear first = (Layer.Linear) layers.get(0);
        layers.set(0, new Layer.Linear(features.length, first.outputs(), first.bias()));
        Architecture narrow = new Architecture(new int[] {features.length}, layers);
        double[] before = problem.network.theta();
        double[] theta = Arrays.stream(places(narrow.parameters()))
                .mapToDouble(place -> before[place])
                .toArray();
        return new Problem(
                new Network(narrow, problem.network.loss(), theta),
                problem.changes.stream()
                        .map(change -> new RowChange(narrowed(change.before()), narrowed(change.after())))
                        .toList(),
                problem.sample.stream().map(this::narrowed).toList());
    }

    private Row narrowed(Row row) {
        if (row == null) {
            return null;
        }
        double[] x = Arrays.stream(features).mapToDouble(j -> row.x()[j]).toArray();
        return new Row(x, row.y(), row.weight());
    }

    /** The whole network with what became of the narrow one. @param before the whole one before. Not modified. */
    Network widened(Network before, Network narrow) {
        double[] theta = before.theta();
        double[] moved = narrow.theta();
        int[] places = places(moved.length);
        for (int i = 0; i < places.length; i++) {
            theta[places[i]] = moved[i];
        }
        return before.at(theta);
    }

    /** For each parameter of the narrow network its place in the whole one. */
    private int[] places(int count) {
        Layer.Linear first = (Layer.Linear) whole.layers().get(skipped);
        int weights = first.outputs() * features.length;
        int behind = first.outputs() * first.inputs() - weights;
        return IntStream.range(0, count)
                .map(i ->
                        i < weights ? i / features.length * first.inputs() + features[i % features.length] : i + behind)
                .toArray();
    }
}
