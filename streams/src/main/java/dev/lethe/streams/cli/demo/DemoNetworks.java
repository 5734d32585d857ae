package dev.lethe.streams.cli.demo;

import dev.lethe.schemas.FeatureTransform;
import dev.lethe.schemas.LearnedFrom;
import dev.lethe.schemas.ModelFamily;
import dev.lethe.schemas.ModelIntercept;
import dev.lethe.schemas.ModelSpec;
import dev.lethe.schemas.NetworkLayer;
import dev.lethe.schemas.NetworkSpec;
import dev.lethe.schemas.RowNorm;
import dev.lethe.schemas.SchemaSafety;
import dev.lethe.schemas.SettlePolicy;
import dev.lethe.streams.config.Specs;
import dev.lethe.unlearn.format.RawSample;
import dev.lethe.unlearn.format.SampleFile;
import dev.lethe.unlearn.format.SampleFiles;
import dev.lethe.unlearn.network.Limits;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** The networks of the demo: a perceptron of the digits that ship with Lethe, and a small CNN of MNIST. */
final class DemoNetworks {
    static {
        // A builder that fills in a default lets Avro decode, and it takes its limits with the first message.
        SchemaSafety.install();
    }

    private static final double LARGEST_COUNT = 16;
    private static final double WHITE = 255;
    private static final int SIDE = 28;
    private static final int IMAGES = 4_000;

    private DemoNetworks() {}

    /** 64-64-10. */
    static ModelSpec perceptron() {
        NetworkSpec network = network()
                .setInput(List.of(Digits.FEATURES))
                .setLayers(List.of(linear(64), layer("tanh"), linear(Digits.CLASSES.size())))
                .setRate(3e-3)
                .setEpochs(40)
                .setSample(512)
                .build();
        return model("digits-network", "digits", Digits.FEATURES, LARGEST_COUNT, network);
    }

    /** Two convolutions, 5 000 parameters. */
    static ModelSpec convolutional() {
        NetworkSpec network = network()
                .setInput(List.of(1, SIDE, SIDE))
                .setLayers(List.of(
                        convolution(4),
                        layer("relu"),
                        pool(),
                        convolution(8),
                        layer("relu"),
                        pool(),
                        layer("flatten"),
                        linear(Digits.CLASSES.size())))
                .setRate(3e-3)
                .setEpochs(15)
                .setSample(192)
                .build();
        return model("mnist-network", "mnist", SIDE * SIDE, WHITE, network);
    }

    /** The first images of the training part. @param folder with the IDX files of MNIST, gzipped */
    static List<RawSample> images(Path folder) {
        String pair = folder.resolve("train-images-idx3-ubyte.gz") + "," + folder.resolve("train-labels-idx1-ubyte.gz");
        try (SampleFile file = SampleFiles.open(pair);
                Stream<RawSample> rows = file.stream().limit(IMAGES)) {
            return rows.toList();
        }
    }

    private static ModelSpec model(String id, String dataset, int features, double divide, NetworkSpec network) {
        return Specs.validated(ModelSpec.newBuilder()
                .setModelId(id)
                .setDataset(dataset)
                .setFamily(ModelFamily.SOFTMAX)
                .setClasses(Digits.CLASSES)
                .setFeatures(features)
                .setIntercept(ModelIntercept.NONE)
                .setL2(0)
                .setTransform(FeatureTransform.newBuilder()
                        .setDivide(List.of(divide))
                        .setRowNorm(RowNorm.NONE)
                        .setLearnedFrom(LearnedFrom.NONE)
                        .build())
                .setSettle(SettlePolicy.AUTO)
                .setNetwork(network)
                .build());
    }

    private static NetworkSpec.Builder network() {
        Limits limits = Limits.DEFAULT;
        return NetworkSpec.newBuilder()
                .setOptimizer("adam")
                .setBatch(64)
                .setSeed(5)
                .setHeldOut(0.1)
                .setDamping(0.01)
                .setMaxMembershipAuc(limits.membershipAuc())
                .setMaxValidationRise(limits.validationRise())
                .setMaxPredictionChange(limits.predictionChange())
                .setMaxChanges(limits.changes());
    }

    private static NetworkLayer layer(String kind) {
        return NetworkLayer.newBuilder().setKind(kind).build();
    }

    private static NetworkLayer linear(int outputs) {
        return NetworkLayer.newBuilder().setKind("linear").setOutputs(outputs).build();
    }

    private static NetworkLayer convolution(int outputs) {
        return NetworkLayer.newBuilder()
                .setKind("conv2d")
                .setOutputs(outputs)
                .setKernel(3)
                .setPadding(1)
                .build();
    }

    private static NetworkLayer pool() {
        return NetworkLayer.newBuilder().setKind("maxpool").setKernel(2).build();
    }
}
