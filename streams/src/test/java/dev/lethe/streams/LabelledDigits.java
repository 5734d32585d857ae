package dev.lethe.streams;

import dev.lethe.schemas.FeatureTransform;
import dev.lethe.schemas.InfluenceQuestion;
import dev.lethe.schemas.LearnedFrom;
import dev.lethe.schemas.ModelFamily;
import dev.lethe.schemas.ModelIntercept;
import dev.lethe.schemas.ModelSpec;
import dev.lethe.schemas.ModelVersion;
import dev.lethe.schemas.RowData;
import dev.lethe.schemas.RowNorm;
import dev.lethe.schemas.Sample;
import dev.lethe.schemas.SampleInfluence;
import dev.lethe.schemas.SettlePolicy;
import dev.lethe.schemas.TestInfluence;
import dev.lethe.streams.cli.demo.DemoCommand;
import dev.lethe.streams.client.Attributions;
import dev.lethe.streams.config.Specs;
import dev.lethe.streams.topology.Doubles;
import dev.lethe.unlearn.correction.InMemoryFit;
import dev.lethe.unlearn.curvature.SingularCurvatureException;
import dev.lethe.unlearn.format.RawSample;
import dev.lethe.unlearn.format.SampleFiles;
import dev.lethe.unlearn.influence.EvaluatedRows;
import dev.lethe.unlearn.influence.InfluenceMethods;
import dev.lethe.unlearn.influence.Removals;
import dev.lethe.unlearn.objective.Mapping.Fits;
import dev.lethe.unlearn.objective.Objective;
import dev.lethe.unlearn.objective.Row;
import dev.lethe.unlearn.valuation.Pruning;
import dev.lethe.unlearn.valuation.RowScorer.Scored;
import dev.lethe.unlearn.valuation.RowScores;
import dev.lethe.unlearn.valuation.Score;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;

/** The digits that ship with Lethe, three quarters of them to train on, some of these with a wrong label. */
final class LabelledDigits {
    static final String DATASET = "digits";
    static final String MODEL = "digits-softmax";
    private static final List<String> CLASSES = List.of("0", "1", "2", "3", "4", "5", "6", "7", "8", "9");
    private static final int FEATURES = 64;
    private final ModelSpec model;
    private final Objective objective;
    private final Map<String, Sample> training = new LinkedHashMap<>();
    private final Map<String, String> truth = new HashMap<>();
    private final List<RawSample> test = new ArrayList<>();
    private final int flips;

    private LabelledDigits(double fraction, long seed, double l2) {
        this.model = model(l2);
        this.objective = Specs.objective(model);
        Random random = new Random(seed);
        int flipped = 0;
        for (RawSample raw : read()) {
            if (random.nextInt(4) == 0) {
                test.add(raw);
                continue;
            }
            boolean flip = random.nextDouble() < fraction;
            flipped += flip ? 1 : 0;
            int given = Integer.parseInt(raw.label());
            String label = flip ? CLASSES.get((given + 1 + random.nextInt(9)) % 10) : raw.label();
            truth.put(raw.id(), raw.label());
            training.put(raw.id(), new Sample(DATASET, raw.id(), null, Doubles.toBuffer(raw.features()), label, 1.0));
        }
        this.flips = flipped;
    }

    /** @param fraction of the training labels that is wrong */
    static LabelledDigits flipped(double fraction, long seed, double l2) {
        return new LabelledDigits(fraction, seed, l2);
    }

    private static List<RawSample> read() {
        var in = DemoCommand.class.getResourceAsStream("digits.csv.gz");
        try (var file = SampleFiles.csv("digits.csv.gz", in, FEATURES);
                Stream<RawSample> rows = file.stream()) {
            return rows.toList();
        }
    }

    ModelSpec model() {
        return model;
    }

    private static ModelSpec model(double l2) {
        return ModelSpec.newBuilder()
                .setModelId(MODEL)
                .setDataset(DATASET)
                .setFamily(ModelFamily.SOFTMAX)
                .setClasses(CLASSES)
                .setFeatures(FEATURES)
                .setIntercept(ModelIntercept.PENALISED)
                .setL2(l2)
                .setTransform(FeatureTransform.newBuilder()
                        .setDivide(List.of(16.0))
                        .setRowNorm(RowNorm.NONE)
                        .setLearnedFrom(LearnedFrom.NONE)
                        .build())
                .setSettle(SettlePolicy.AUTO)
                .build();
    }

    static ByteBuffer features(int count) {
        return Doubles.toBuffer(new double[count]);
    }

    List<Sample> samples() {
        return List.copyOf(training.values());
    }

    /** In the order of the file: that of a Set.copyOf differs in each JVM, whatever the seed. */
    Set<String> ids() {
        return Collections.unmodifiableSet(new LinkedHashSet<>(training.keySet()));
    }

    void remove(String id) {
        training.remove(id);
    }

    int flips() {
        return flips;
    }

    String truth(String id) {
        return truth.get(id);
    }

    String label(String id) {
        return training.get(id).getLabel();
    }

    double[] theta(ModelVersion version) {
        return Doubles.toArray(version.getTheta());
    }

    private Row row(double[] features, String label) {
        return ((Fits) Specs.mapper(model).map(features, label, 1)).row();
    }

    private Row row(Sample sample, String label) {
        return row(Doubles.toArray(sample.getFeatures()), label);
    }

    private List<Row> testRows() {
        return test.stream().map(raw -> row(raw.features(), raw.label())).toList();
    }

    double accuracy(double[] theta) {
        return Pruning.accuracy(objective, theta, testRows());
    }

    private double[] fit(List<Row> rows) {
        try (var anchor = InMemoryFit.fit(objective, rows, null)) {
            return anchor.theta().clone();
        }
    }

    double[] fitOnTruth() {
        return fit(training.values().stream()
                .map(s -> row(s, truth(s.getSampleId())))
                .toList());
    }

    double loss(double[] theta, int testRow) {
        return Pruning.loss(objective, theta, testRows().subList(testRow, testRow + 1));
    }

    /** Of a model retrained without the sample. */
    double lossWithout(String id, int testRow) {
        return loss(fitWithout(Set.of(id)), testRow);
    }

    /** θ of a model retrained without these samples. */
    double[] fitWithout(Set<String> ids) {
        return fit(training.values().stream()
                .filter(s -> !ids.contains(s.getSampleId()))
                .map(s -> row(s, s.getLabel()))
                .toList());
    }

    /** All scores over all rows in one place, with a factor built at θ. */
    Map<String, Scored> scores(double[] theta) throws SingularCurvatureException {
        List<Row> rows =
                training.values().stream().map(s -> row(s, s.getLabel())).toList();
        Map<String, Scored> all = new HashMap<>();
        try (var evaluated = EvaluatedRows.of(objective, theta, rows);
                var inverse = InfluenceMethods.direct(evaluated)) {
            RowScores scores = new RowScores(evaluated, Removals.of(evaluated, inverse));
            double[][] values = Stream.of(Score.values()).map(scores::of).toArray(double[][]::new);
            int[] suggested = scores.suggestedClasses();
            int i = 0;
            for (String id : training.keySet()) {
                all.put(
                        id,
                        new Scored(
                                values[Score.LOSS.ordinal()][i],
                                values[Score.EL2N.ordinal()][i],
                                values[Score.GRAND.ordinal()][i],
                                values[Score.MARGIN.ordinal()][i],
                                values[Score.SELF_INFLUENCE.ordinal()][i],
                                values[Score.LEVERAGE.ordinal()][i],
                                values[Score.LOO_LOSS.ordinal()][i],
                                suggested[i]));
                i++;
            }
        }
        return all;
    }

    /** About the first test rows. */
    InfluenceQuestion question(int rows, String method, String form, int top, List<String> group) {
        return question(
                method,
                form,
                top,
                test.subList(0, rows).stream()
                        .map(raw -> new RowData(Doubles.toBuffer(raw.features()), raw.label(), 1.0))
                        .toList(),
                group);
    }

    InfluenceQuestion question(RowData row) {
        return question("direct", "plain", 1, List.of(row), null);
    }

    private static InfluenceQuestion question(
            String method, String form, int top, List<RowData> rows, List<String> group) {
        return new InfluenceQuestion(MODEL, Attributions.newId(), method, form, top, rows, group, false, false);
    }

    Map<String, Double> byId(TestInfluence answer) {
        Map<String, Double> all = new HashMap<>();
        Stream.concat(answer.getHelpful().stream(), answer.getHarmful().stream())
                .forEach((SampleInfluence each) -> all.put(each.getSampleId(), each.getInfluence()));
        return all;
    }
}
