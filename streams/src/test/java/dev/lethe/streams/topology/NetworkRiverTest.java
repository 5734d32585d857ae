package dev.lethe.streams.topology;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.lethe.schemas.ModelFamily;
import dev.lethe.schemas.ModelIntercept;
import dev.lethe.schemas.ModelSpec;
import dev.lethe.schemas.ModelVersion;
import dev.lethe.schemas.NetworkLayer;
import dev.lethe.schemas.NetworkSpec;
import dev.lethe.schemas.Receipt;
import dev.lethe.schemas.ReceiptStatus;
import dev.lethe.schemas.Sample;
import dev.lethe.schemas.SettlePolicy;
import dev.lethe.schemas.SettleUntil;
import dev.lethe.schemas.VersionKind;
import dev.lethe.streams.config.NetworkSpecs;
import dev.lethe.streams.config.Specs;
import dev.lethe.streams.publish.VersionFiles;
import dev.lethe.unlearn.network.KeyedRow;
import dev.lethe.unlearn.network.Network;
import dev.lethe.unlearn.network.RowKeys;
import dev.lethe.unlearn.network.Trainer;
import dev.lethe.unlearn.network.TrainingListener;
import dev.lethe.unlearn.network.TrainingSet;
import dev.lethe.unlearn.objective.Mapping.Fits;
import dev.lethe.unlearn.objective.Row;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A network in the river, against one trained from what should be left. */
class NetworkRiverTest extends RiverCase {
    private static final long SEED = 20261125;
    private static final List<String> CLASSES = List.of("a", "b", "c");

    NetworkRiverTest() {
        super(SEED);
    }

    static NetworkLayer layer(String kind) {
        return NetworkLayer.newBuilder().setKind(kind).build();
    }

    static NetworkLayer linear(int outputs) {
        return NetworkLayer.newBuilder().setKind("linear").setOutputs(outputs).build();
    }

    static NetworkSpec.Builder network() {
        return NetworkSpec.newBuilder()
                .setInput(List.of(2))
                .setLayers(List.of(linear(8), layer("tanh"), linear(3)))
                .setOptimizer("adam")
                .setRate(0.01)
                .setEpochs(20)
                .setBatch(16)
                .setSeed(SEED)
                .setHeldOut(0.2)
                .setSample(128)
                .setDamping(0.01)
                .setMaxMembershipAuc(0.75)
                .setMaxValidationRise(1)
                .setMaxPredictionChange(10)
                .setMaxChanges(1);
    }

    static ModelSpec.Builder model(String id, NetworkSpec network) {
        return ModelSpec.newBuilder()
                .setModelId(id)
                .setDataset(River.DATASET)
                .setFamily(ModelFamily.SOFTMAX)
                .setClasses(CLASSES)
                .setFeatures(2)
                .setIntercept(ModelIntercept.NONE)
                .setL2(0)
                .setSettle(SettlePolicy.AUTO)
                .setNetwork(network);
    }

    private void load(int count) {
        for (int i = 0; i < count; i++) {
            put(River.sample("s" + i, "u" + i % 7, CLASSES.get(i % 3), features(i % 3)));
        }
    }

    private double[] features(int corner) {
        double angle = 2 * Math.PI * corner / 3;
        return new double[] {
            Math.cos(angle) + 0.4 * random.nextGaussian(), Math.sin(angle) + 0.4 * random.nextGaussian()
        };
    }

    /** Trained outside the river, from the rows in the order that their keys give. */
    private Network trained(ModelSpec spec) {
        RowKeys keys = NetworkSpecs.keys(spec);
        TrainingSet set = new TrainingSet(keys, 1 << 30);
        for (Sample sample : expected.values()) {
            set.add(new KeyedRow(keys.of(sample.getSampleId()), row(spec, sample)));
        }
        TrainingSet sorted = TrainingSet.merged(keys, 1 << 30, List.of(set.encode()));
        return new Trainer(
                        NetworkSpecs.architecture(spec),
                        NetworkSpecs.loss(spec),
                        NetworkSpecs.plan(spec),
                        sorted.rows(),
                        new BitSet())
                .train(TrainingListener.NONE);
    }

    private static Row row(ModelSpec spec, Sample s) {
        var mapping = Specs.mapper(spec).map(Doubles.toArray(s.getFeatures()), s.getLabel(), s.getWeight());
        return ((Fits) mapping).row();
    }

    private void latestShouldBeTrainedFromTheRest(ModelSpec spec) {
        assertThat(river.latest(spec.getModelId()).getKind()).isEqualTo(VersionKind.REFIT);
        assertThat(river.theta(spec.getModelId()))
                .as("seed %d", SEED)
                .isEqualTo(trained(spec).theta());
    }

    @Test
    void shouldTrainWhenANetworkIsPut() {
        ModelSpec spec = model("n", network().build()).build();
        load(120);
        open(spec);
        latestShouldBeTrainedFromTheRest(spec);
        ModelVersion version = river.latest("n");
        assertThat(version.getRows()).isEqualTo(120);
        assertThat(version.getEvidence().getValidationRows()).isBetween(10L, 40L);
        assertThat(version.getEvidence().getValidationAccuracy()).isGreaterThan(0.8);
        assertThat(version.getDigest())
                .isEqualTo(VersionFiles.digest(spec, trained(spec).theta()));
    }

    @Test
    void shouldPatchWithEvidenceAndRefitWhenAskedToSettle() {
        ModelSpec spec = model("n", network().build()).build();
        load(120);
        open(spec);
        Network before = trained(spec);
        Receipt receipt = river.delete("r1", "s3", "s17", "s44");
        expected.keySet().removeAll(List.of("s3", "s17", "s44"));

        assertThat(receipt.getStatus()).isEqualTo(ReceiptStatus.APPLIED);
        var model = receipt.getModels().get(0);
        assertThat(model.getKind()).isEqualTo(VersionKind.PATCHED);
        assertThat(model.getEvidence().getForgotten()).isPositive();
        assertThat(model.getEvidence().getForgetLoss()).isNotNull();
        assertThat(model.getResidualBound()).isNull();
        assertThat(model.getPrivacy()).isNull();
        assertThat(river.latest("n").getRows()).isEqualTo(117);
        assertThat(river.theta("n")).isNotEqualTo(before.theta());
        assertThat(VersionFiles.manifest(river.latest("n"), spec).path("kind").asText())
                .isEqualTo("APPROXIMATE");

        assertThat(river.settle(SettleUntil.SETTLED).getStatus()).isEqualTo(ReceiptStatus.APPLIED);
        latestShouldBeTrainedFromTheRest(spec);
    }

    @Test
    void shouldFollowRelabelsNewRowsAndRectifiedOnes() {
        ModelSpec spec = model("n", network().build()).build();
        load(90);
        open(spec);
        assertThat(river.relabel("r1", "s5", "a").getStatus()).isEqualTo(ReceiptStatus.APPLIED);
        expectLabel("s5", "a");
        double[] corrected = features(0);
        assertThat(river.rectify("r2", "s6", corrected).getStatus()).isEqualTo(ReceiptStatus.APPLIED);
        expected.computeIfPresent(
                "s6",
                (k, s) -> Sample.newBuilder(s)
                        .setFeatures(Doubles.toBuffer(corrected))
                        .build());
        put(River.sample("new", "u1", "b", features(1)));
        river.settle(SettleUntil.SETTLED);
        latestShouldBeTrainedFromTheRest(spec);
        assertThat(river.latest("n").getRows()).isEqualTo(91);
    }

    @Test
    void shouldRefitByItselfWhenTooManyRowsHaveChanged() {
        ModelSpec spec = model("n", network().setMaxChanges(0.05).build()).build();
        load(100);
        open(spec);
        String[] gone = {"s1", "s2", "s3", "s4", "s5", "s6"};
        river.delete("r1", gone);
        expected.keySet().removeAll(List.of(gone));
        ModelVersion refit = river.awaitVersion("n", 3);
        assertThat(refit.getReasonCode()).isEqualTo("CHANGED_ROWS");
        latestShouldBeTrainedFromTheRest(spec);
    }

    @Test
    void shouldNotPublishAPatchThatHarms() {
        ModelSpec spec =
                model("n", network().setMaxValidationRise(1e-9).build()).build();
        load(100);
        open(spec);
        List<String> gone = new ArrayList<>();
        for (int i = 0; i < 60; i += 3) {
            gone.add("s" + i);
        }
        Receipt receipt = river.delete("r1", gone.toArray(new String[0]));
        expected.keySet().removeAll(gone);
        assertThat(receipt.getModels().get(0).getKind()).isEqualTo(VersionKind.REFIT);
        assertThat(receipt.getModels().get(0).getReasonCode()).isEqualTo("VALIDATION_LOSS");
        assertThat(receipt.getModels().get(0).getVersion()).isEqualTo(2);
        latestShouldBeTrainedFromTheRest(spec);
    }

    @Test
    void shouldRefitForEveryVersionIfThatIsThePolicy() {
        ModelSpec spec =
                model("n", network().build()).setSettle(SettlePolicy.EACH_BATCH).build();
        load(60);
        open(spec);
        Receipt receipt = river.delete("r1", "s3");
        expected.remove("s3");
        assertThat(receipt.getModels().get(0).getKind()).isEqualTo(VersionKind.REFIT);
        latestShouldBeTrainedFromTheRest(spec);
    }

    @Test
    void shouldStartFromNoRowsAndLearnThemAsTheyCome() {
        ModelSpec spec = model("n", network().build()).build();
        open(spec);
        load(60);
        river.settle(SettleUntil.SETTLED);
        latestShouldBeTrainedFromTheRest(spec);
    }

    @Test
    void shouldTakeParametersTrainedElsewhere() {
        load(80);
        ModelSpec untrained = model("n", network().build()).build();
        double[] theta = trained(untrained).theta();
        ModelSpec spec = model("n", network().build())
                .setInitial(Doubles.toBuffer(theta))
                .build();
        open(spec);
        assertThat(river.latest("n").getKind()).isEqualTo(VersionKind.IMPORTED);
        assertThat(river.theta("n")).containsExactly(theta, within(0.0));
        assertThat(river.delete("r1", "s3").getModels().get(0).getKind()).isEqualTo(VersionKind.PATCHED);
    }

    @Test
    void shouldKeepTheOldVersionWhenATrainingFails() {
        ModelSpec spec = model(
                        "n",
                        network()
                                .setLayers(List.of(linear(8), layer("relu"), linear(3)))
                                .setRate(1e200)
                                .setOptimizer("sgd")
                                .build())
                .setInitial(Doubles.toBuffer(new double[51]))
                .build();
        load(60);
        open(spec);
        Receipt receipt = river.settle(SettleUntil.SETTLED);
        assertThat(receipt.getStatus()).as("%s", receipt).isEqualTo(ReceiptStatus.FAILED);
        assertThat(receipt.getReason()).contains("layer 0 (linear)");
        assertThat(river.latest("n").getVersion()).isEqualTo(1);
        assertThat(river.delete("r1", "s3").getModels().get(0).getVersion()).isEqualTo(2);
    }
}
