package dev.lethe.streams.topology;

import dev.lethe.schemas.InfluencePart;
import dev.lethe.schemas.InfluencePass;
import dev.lethe.schemas.ModelSpec;
import dev.lethe.schemas.SampleInfluence;
import dev.lethe.schemas.TestInfluence;
import dev.lethe.streams.config.NetworkSpecs;
import dev.lethe.streams.config.Specs;
import dev.lethe.streams.store.RowCut;
import dev.lethe.unlearn.influence.InfluenceSweep;
import dev.lethe.unlearn.influence.InfluenceSweep.Answer;
import dev.lethe.unlearn.influence.InfluenceSweep.Form;
import dev.lethe.unlearn.influence.InfluenceSweep.Item;
import dev.lethe.unlearn.influence.InfluenceSweep.OnTest;
import dev.lethe.unlearn.influence.InfluenceSweep.Query;
import dev.lethe.unlearn.influence.NetworkSweep;
import dev.lethe.unlearn.influence.RowSweep;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/** One shard's part of the answer to one influence question. */
final class InfluenceRun {
    private final InfluencePass pass;
    private final ModelSpec spec;
    private final RowLabels labels;
    private final int shard;
    private final int shards;

    InfluenceRun(InfluencePass pass, ModelSpec spec, int shard, int shards) {
        this.pass = pass;
        this.spec = spec;
        this.labels = new RowLabels(spec);
        this.shard = shard;
        this.shards = shards;
    }

    /** On a worker. Closes the cut. @param factor P, packed, or null */
    InfluencePart run(RowCut cut, double[] factor) {
        try (cut;
                RowSweep sweep = sweep(Doubles.toArray(pass.getTheta()), factor)) {
            // What is held back is no training row.
            Predicate<String> trainedOn = Specs.trainedOn(spec);
            cut.forEach(
                    row -> {
                        if (trainedOn.test(cut.sampleId())) {
                            sweep.add(cut.sampleId(), row);
                        }
                    },
                    () -> {});
            return part(sweep.answer());
        } catch (RuntimeException | OutOfMemoryError e) {
            return failed("PASS_FAILED", "shard " + shard + ": " + e);
        }
    }

    private RowSweep sweep(double[] theta, double[] factor) {
        return NetworkSpecs.isNetwork(spec)
                ? new NetworkSweep(NetworkSpecs.network(spec, theta), query())
                : new InfluenceSweep(Specs.objective(spec), theta, query(), factor);
    }

    private Query query() {
        Set<String> group = pass.getGroup() == null ? Set.of() : Set.copyOf(pass.getGroup());
        var joint = pass.getGroupDirections();
        return new Query(
                Doubles.toArray(pass.getDirections()),
                pass.getTests(),
                Form.of(pass.getForm()),
                pass.getTop(),
                group,
                joint == null ? null : Doubles.toArray(joint));
    }

    private InfluencePart part(Answer answer) {
        return builder()
                .setRows(answer.rows())
                .setGroupRows(answer.groupRows())
                .setTests(answer.tests().stream().map(this::test).toList())
                .build();
    }

    InfluencePart failed(String code, String reason) {
        return builder()
                .setRows(0)
                .setGroupRows(0)
                .setTests(List.of())
                .setFailureCode(code)
                .setFailure(reason)
                .build();
    }

    private InfluencePart.Builder builder() {
        return InfluencePart.newBuilder()
                .setModelId(pass.getModelId())
                .setQuestionId(pass.getPassId())
                .setShard(shard)
                .setShards(shards)
                .setVersion(pass.getVersion());
    }

    private TestInfluence test(OnTest on) {
        return new TestInfluence(items(on.helpful()), items(on.harmful()), on.group());
    }

    private List<SampleInfluence> items(List<Item> items) {
        return items.stream()
                .map(item -> new SampleInfluence(item.id(), labels.of(item.row()), item.influence()))
                .toList();
    }
}
