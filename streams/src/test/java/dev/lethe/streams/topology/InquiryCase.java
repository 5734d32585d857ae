package dev.lethe.streams.topology;

import dev.lethe.schemas.InfluenceQuestion;
import dev.lethe.schemas.ModelFamily;
import dev.lethe.schemas.ModelSpec;
import dev.lethe.schemas.RowData;
import dev.lethe.schemas.Sample;
import dev.lethe.schemas.SampleInfluence;
import dev.lethe.schemas.SettleUntil;
import dev.lethe.schemas.TestInfluence;
import dev.lethe.streams.config.Specs;
import dev.lethe.unlearn.objective.Mapping.Fits;
import dev.lethe.unlearn.objective.Row;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** A softmax of three classes in the river, and the words to ask it about influence. */
abstract class InquiryCase extends RiverCase {
    static final String MODEL = "m";
    static final int ROWS = 60;
    static final List<String> CLASSES = List.of("a", "b", "c");
    static final ModelSpec SPEC =
            River.model(MODEL, ModelFamily.SOFTMAX, 4, 2).setClasses(CLASSES).build();
    private int questions;

    InquiryCase(long seed) {
        super(seed);
    }

    final double[] features(int label) {
        return IntStream.range(0, 4)
                .mapToDouble(j -> (j == label ? 1 : 0) + random.nextGaussian())
                .toArray();
    }

    final void openWithRows() {
        for (int i = 0; i < ROWS; i++) {
            put(River.sample("s" + i, "p" + i, CLASSES.get(i % 3), features(i % 3)));
        }
        open(SPEC);
        river.settle(SettleUntil.SETTLED);
    }

    final InfluenceQuestion question(String method, List<RowData> tests, List<String> group) {
        return new InfluenceQuestion(MODEL, "q" + ++questions, method, "plain", ROWS, tests, group, false, false);
    }

    final List<RowData> tests() {
        return IntStream.range(0, 3)
                .mapToObj(k -> new RowData(Doubles.toBuffer(features(k)), CLASSES.get(k), 1.0))
                .toList();
    }

    static Map<String, Double> byId(TestInfluence test) {
        Map<String, Double> all = new HashMap<>();
        for (List<SampleInfluence> side : List.of(test.getHelpful(), test.getHarmful())) {
            side.forEach(item -> all.put(item.getSampleId(), item.getInfluence()));
        }
        return all;
    }

    static Row row(double[] features, String label) {
        return ((Fits) Specs.mapper(SPEC).map(features, label, 1)).row();
    }

    static Row row(Sample sample) {
        return row(Doubles.toArray(sample.getFeatures()), sample.getLabel());
    }
}
