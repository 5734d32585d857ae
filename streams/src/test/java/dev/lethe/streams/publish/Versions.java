package dev.lethe.streams.publish;

import dev.lethe.schemas.ModelFamily;
import dev.lethe.schemas.ModelIntercept;
import dev.lethe.schemas.ModelSpec;
import dev.lethe.schemas.ModelVersion;
import dev.lethe.schemas.SchemaSafety;
import dev.lethe.schemas.SettlePolicy;
import dev.lethe.schemas.VersionKind;
import dev.lethe.streams.topology.Doubles;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** Versions of a small model, each a little away from the one before. */
public final class Versions {
    /** The model. */
    public static final String MODEL = "digits";

    /** Its definition. */
    public static final ModelSpec SPEC;

    static {
        // As everything that reads or writes messages does first: Avro loads no class that it does not trust.
        SchemaSafety.install();
        SPEC = spec(4, 3);
    }

    private final ModelSpec spec;
    private final long seed;

    /** Of {@link #SPEC}. */
    public Versions(long seed) {
        this(SPEC, seed);
    }

    public Versions(ModelSpec spec, long seed) {
        this.spec = spec;
        this.seed = seed;
    }

    /** A softmax model with an intercept. */
    public static ModelSpec spec(int features, int classes) {
        List<String> names = new ArrayList<>();
        for (int k = 0; k < classes; k++) {
            names.add("class " + k);
        }
        return ModelSpec.newBuilder()
                .setModelId(MODEL)
                .setDataset("d")
                .setFamily(ModelFamily.SOFTMAX)
                .setClasses(names)
                .setFeatures(features)
                .setIntercept(ModelIntercept.PENALISED)
                .setL2(1)
                .setSettle(SettlePolicy.AUTO)
                .build();
    }

    /** Versions 1 to count; the same for the same seed. */
    public List<ModelVersion> chain(int count) {
        Random random = new Random(seed);
        double[] theta = random.doubles((long) spec.getClasses().size() * (spec.getFeatures() + 1), -1, 1)
                .toArray();
        List<ModelVersion> chain = new ArrayList<>();
        String parent = null;
        for (int i = 1; i <= count; i++) {
            chain.add(version(i, theta, parent));
            parent = chain.get(i - 1).getDigest();
            for (int j = 0; j < theta.length; j++) {
                theta[j] += 1e-3 * random.nextGaussian();
            }
        }
        return chain;
    }

    /** Versions whose parameters are all as large as the version's number. */
    public static List<ModelVersion> constant(ModelSpec spec, int count) {
        Versions versions = new Versions(spec, 0);
        List<ModelVersion> chain = new ArrayList<>();
        for (int i = 1; i <= count; i++) {
            double[] theta = new double[spec.getClasses().size() * (spec.getFeatures() + 1)];
            Arrays.fill(theta, i);
            chain.add(
                    versions.version(i, theta, i == 1 ? null : chain.get(i - 2).getDigest()));
        }
        return chain;
    }

    private ModelVersion version(long number, double[] theta, String parent) {
        return ModelVersion.newBuilder()
                .setModelId(spec.getModelId())
                .setDataset(spec.getDataset())
                .setVersion(number)
                .setParentDigest(parent)
                .setDigest(VersionFiles.digest(spec, theta))
                .setKind(VersionKind.PATCHED)
                .setTheta(Doubles.toBuffer(theta))
                .setOutputs(spec.getClasses().size())
                .setColumns(spec.getFeatures() + 1)
                .setReliedOn(List.of())
                .setRows(100 - number)
                .setRowsRefused(0)
                .setChangesSinceAnchor(number)
                .setMethod("test")
                .setRequests(1)
                .setRequestPartitions(List.of(2))
                .setRequestOffsets(List.of(100 + number))
                .setSoftware("lethe test")
                .setPlatform("test")
                .setCreatedAt(1_000 * number)
                .build();
    }
}
