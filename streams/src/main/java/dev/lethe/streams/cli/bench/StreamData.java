package dev.lethe.streams.cli.bench;

import dev.lethe.schemas.DeleteRequest;
import dev.lethe.schemas.ModelFamily;
import dev.lethe.schemas.ModelIntercept;
import dev.lethe.schemas.ModelSpec;
import dev.lethe.schemas.Sample;
import dev.lethe.schemas.SettlePolicy;
import dev.lethe.streams.topology.Doubles;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/** Seeded rows of length 1 with two noisy classes, and deletions that take them away from the first on. */
final class StreamData {
    static final String DATASET = "bench";
    static final String MODEL = "bench-model";

    private static final double PENALTY_PER_ROW = 1e-3;
    private static final double NOISE = 0.5;

    private final int features;
    private final int rows;
    private int deleted;

    StreamData(int features, int rows) {
        this.features = features;
        this.rows = rows;
    }

    int rows() {
        return rows;
    }

    ModelSpec model(SettlePolicy settle) {
        return ModelSpec.newBuilder()
                .setModelId(MODEL)
                .setDataset(DATASET)
                .setFamily(ModelFamily.LOGISTIC)
                .setClasses(List.of("no", "yes"))
                .setFeatures(features)
                .setIntercept(ModelIntercept.NONE)
                .setL2(PENALTY_PER_ROW * rows)
                .setSettle(settle)
                .build();
    }

    /** All rows, made one by one: never all in memory. */
    Iterable<Sample> samples() {
        Random random = new Random(features);
        return () -> new Iterator<>() {
            private int next;

            @Override
            public boolean hasNext() {
                return next < rows;
            }

            @Override
            public Sample next() {
                return sample(next++, random);
            }
        };
    }

    private Sample sample(int index, Random random) {
        double[] x = new double[features];
        double square = 0;
        for (int j = 0; j < features; j++) {
            x[j] = random.nextDouble() - 0.5;
            square += x[j] * x[j];
        }
        for (int j = 0; j < features; j++) {
            x[j] /= Math.sqrt(square);
        }
        boolean yes = x[0] + x[1] + NOISE * (random.nextDouble() - 0.5) / Math.sqrt(features) > 0;
        return Sample.newBuilder()
                .setDataset(DATASET)
                .setSampleId(id(index))
                .setFeatures(Doubles.toBuffer(x))
                .setLabel(yes ? "yes" : "no")
                .build();
    }

    private static String id(int index) {
        return "sample-" + index;
    }

    /** The next rows' deletion. */
    List<DeleteRequest> deletions(int requests, int samplesEach) {
        if (deleted + (long) requests * samplesEach > rows) {
            throw new IllegalStateException("only " + (rows - deleted) + " of " + rows + " rows are left");
        }
        List<DeleteRequest> deletions = new ArrayList<>(requests);
        for (int i = 0; i < requests; i++) {
            int from = deleted;
            deleted += samplesEach;
            deletions.add(DeleteRequest.newBuilder()
                    .setRequestId("request-" + from)
                    .setDataset(DATASET)
                    .setSamples(IntStream.range(from, deleted)
                            .mapToObj(StreamData::id)
                            .toList())
                    .build());
        }
        return deletions;
    }
}
