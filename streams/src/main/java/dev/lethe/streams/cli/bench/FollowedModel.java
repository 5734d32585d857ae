package dev.lethe.streams.cli.bench;

import dev.lethe.schemas.ModelFamily;
import dev.lethe.schemas.ModelIntercept;
import dev.lethe.schemas.ModelSpec;
import dev.lethe.schemas.ModelVersion;
import dev.lethe.schemas.SettlePolicy;
import dev.lethe.schemas.VersionKind;
import dev.lethe.streams.publish.VersionFiles;
import dev.lethe.streams.topology.Doubles;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/** The model of 7 850 parameters that {@code bench follow} follows, and its seeded versions. */
final class FollowedModel {
    static final String ID = "followed";
    static final int FEATURES = 784;
    static final int CLASSES = 10;

    private FollowedModel() {}

    static ModelSpec spec() {
        return ModelSpec.newBuilder()
                .setModelId(ID)
                .setDataset(StreamData.DATASET)
                .setFamily(ModelFamily.SOFTMAX)
                .setClasses(
                        IntStream.range(0, CLASSES).mapToObj(Integer::toString).toList())
                .setFeatures(FEATURES)
                .setIntercept(ModelIntercept.PENALISED)
                .setL2(1)
                .setSettle(SettlePolicy.AUTO)
                .build();
    }

    static ModelVersion version(ModelSpec spec, long number) {
        double[] theta =
                new Random(number).doubles(CLASSES * (FEATURES + 1L), -1, 1).toArray();
        return ModelVersion.newBuilder()
                .setModelId(ID)
                .setDataset(spec.getDataset())
                .setVersion(number)
                .setDigest(VersionFiles.digest(spec, theta))
                .setKind(VersionKind.PATCHED)
                .setTheta(Doubles.toBuffer(theta))
                .setOutputs(CLASSES)
                .setColumns(FEATURES + 1)
                .setReliedOn(List.of())
                .setRows(0)
                .setRowsRefused(0)
                .setChangesSinceAnchor(0)
                .setMethod("benchmark")
                .setRequests(0)
                .setSoftware("")
                .setPlatform("")
                .setCreatedAt(System.currentTimeMillis())
                .build();
    }
}
