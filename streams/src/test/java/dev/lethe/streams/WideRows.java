package dev.lethe.streams;

import dev.lethe.schemas.ModelFamily;
import dev.lethe.schemas.ModelIntercept;
import dev.lethe.schemas.ModelSpec;
import dev.lethe.schemas.Sample;
import dev.lethe.schemas.SettlePolicy;
import dev.lethe.streams.topology.Doubles;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * Seeded rows of four classes with many features, and their softmax model: its curvature is large, and takes long.
 *
 * @param features of a row; the model has four times as many parameters, and four
 */
record WideRows(int features) {
    private static final List<String> CLASSES = List.of("a", "b", "c", "d");

    /** Settles by itself. */
    ModelSpec model() {
        return ModelSpec.newBuilder()
                .setModelId("m")
                .setDataset("d")
                .setFamily(ModelFamily.SOFTMAX)
                .setClasses(CLASSES)
                .setFeatures(features)
                .setIntercept(ModelIntercept.PENALISED)
                .setL2(1)
                .setSettle(SettlePolicy.AUTO)
                .build();
    }

    /** Ids s0, s1, …; no subjects. */
    List<Sample> samples(long seed, int count) {
        var random = new Random(seed);
        List<Sample> samples = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int label = random.nextInt(CLASSES.size());
            double[] x = random.doubles(features, -1, 1).toArray();
            x[label] += 1;
            samples.add(new Sample("d", "s" + i, null, Doubles.toBuffer(x), CLASSES.get(label), 1.0));
        }
        return samples;
    }
}
