package dev.lethe.streams.topology;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.lethe.schemas.ModelFamily;
import dev.lethe.schemas.ModelSpec;
import dev.lethe.schemas.ModelVersion;
import dev.lethe.schemas.PromoteVersion;
import dev.lethe.schemas.Promotion;
import dev.lethe.schemas.PromotionSpec;
import dev.lethe.schemas.Sample;
import dev.lethe.schemas.SettleUntil;
import dev.lethe.schemas.ValidationMetrics;
import dev.lethe.schemas.ValidationSpec;
import dev.lethe.streams.config.Specs;
import dev.lethe.unlearn.validation.Holdout;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ChampionTest extends RiverCase {
    private static final double FRACTION = 0.3;
    private static final Holdout HELD_OUT = new Holdout(FRACTION);

    private int commands;

    ChampionTest() {
        super(20261125);
    }

    private static ModelSpec.Builder logistic(String id) {
        return River.model(id, ModelFamily.LOGISTIC, 2, 1.0).setClasses(List.of("no", "yes"));
    }

    private static ModelSpec.Builder gated(String id, Double drop, Double rise) {
        return logistic(id).setValidation(new ValidationSpec(FRACTION)).setPromote(new PromotionSpec(drop, rise));
    }

    /** Two clouds that a line through zero tells apart. */
    private void fill(int from, int to) {
        for (int i = from; i < to; i++) {
            boolean yes = random.nextBoolean();
            double shift = yes ? 1.5 : -1.5;
            put(River.sample(
                    "s" + i, "p" + i, yes ? "yes" : "no", shift + random.nextGaussian(), random.nextGaussian()));
        }
    }

    private List<String> ids(boolean heldOut) {
        return expected.keySet().stream()
                .filter(id -> HELD_OUT.contains(id) == heldOut)
                .toList();
    }

    private List<Sample> rows(boolean heldOut) {
        return ids(heldOut).stream().map(expected::get).toList();
    }

    /** Counted by hand: the sign of the logit against the label, and log(1 + e^-m). */
    private static ValidationMetrics byHand(ModelSpec spec, double[] theta, List<Sample> rows) {
        double loss = 0;
        double right = 0;
        for (Sample sample : rows) {
            double[] x = Specs.mapper(spec).x(Doubles.toArray(sample.getFeatures()));
            double margin = 0;
            for (int j = 0; j < x.length; j++) {
                margin += theta[j] * x[j];
            }
            margin *= sample.getLabel().equals("yes") ? 1 : -1;
            loss += Math.log1p(Math.exp(-margin));
            right += margin > 0 ? 1 : 0;
        }
        return new ValidationMetrics((long) rows.size(), loss / rows.size(), right / rows.size());
    }

    private void latestShouldSay(ModelSpec spec) {
        ValidationMetrics got = river.latest(spec.getModelId()).getValidation();
        ValidationMetrics want = byHand(spec, river.theta(spec.getModelId()), rows(true));
        assertThat(got.getRows()).isEqualTo(want.getRows());
        assertThat(got.getLoss()).isCloseTo(want.getLoss(), within(1e-12));
        assertThat(got.getAccuracy()).isCloseTo(want.getAccuracy(), within(1e-12));
    }

    private Promotion promote(ModelVersion version) {
        return choose(version, false, false, null);
    }

    private Promotion rollBack(ModelVersion version) {
        return choose(version, true, false, null);
    }

    private Promotion choose(ModelVersion version, boolean rollback, boolean force, String reason) {
        return river.choose(new PromoteVersion("c" + ++commands, version, rollback, force, reason));
    }

    private ModelVersion champion(String model) {
        List<ModelVersion> all = river.champions(model);
        return all.get(all.size() - 1);
    }

    @Test
    void shouldKeepValidationRowsOutOfTheFitAndMeasureEveryVersionOnThem() {
        fill(0, 60);
        ModelSpec spec = gated("m", null, null).build();
        open(spec);
        fill(60, 80);
        river.settle(SettleUntil.SETTLED);

        double[] want = River.retrained(spec, rows(false));
        assertThat(river.theta("m")).containsExactly(want, within(1e-8));
        assertThat(river.latest("m").getRows()).isEqualTo(rows(false).size());
        latestShouldSay(spec);
    }

    @Test
    void shouldForgetAnErasedValidationRow() {
        fill(0, 60);
        ModelSpec spec = gated("m", null, null).build();
        open(spec);
        String erased = ids(true).get(0);
        String relabelled = ids(true).get(1);
        String trained = ids(false).get(0);

        river.relabel("r1", relabelled, "no");
        expectLabel(relabelled, "no");
        river.delete("d1", erased);
        expected.remove(erased);
        river.delete("d2", trained);
        expected.remove(trained);

        latestShouldSay(spec);
        assertThat(river.latest("m").getRows()).isEqualTo(rows(false).size());
    }

    /** Wrong labels on half of the training rows: the line turns, and the candidate waits. */
    private ModelVersion spoil() {
        List<String> half = ids(false).subList(0, 2 * ids(false).size() / 3);
        for (String id : half) {
            String other = expected.get(id).getLabel().equals("yes") ? "no" : "yes";
            river.relabel("spoil-" + id, id, other);
            expectLabel(id, other);
        }
        river.settle(SettleUntil.SETTLED);
        return river.latest("m");
    }

    @Test
    void shouldLetAWorseCandidateWaitUntilItIsPromoted() {
        fill(0, 90);
        open(gated("m", 0.1, null).build());
        assertThat(champion("m").getVersion()).isEqualTo(1);

        ModelVersion bad = spoil();
        ModelVersion before = champion("m");

        assertThat(bad.getCandidate()).isTrue();
        assertThat(bad.getCandidateReason()).contains("accuracy").contains("expected at least");
        assertThat(before.getVersion()).isLessThan(bad.getVersion());
        assertThat(before.getCandidate()).isFalse();
        Promotion waits = river.promotions().get(river.promotions().size() - 1);
        assertThat(waits.getOutcome()).isEqualTo("WAITS");
        assertThat(waits.getReasonCode()).isEqualTo("FALLS_BEHIND");

        assertThat(promote(bad).getOutcome()).isEqualTo("PROMOTED");
        assertThat(champion("m").getVersion()).isEqualTo(bad.getVersion());
        assertThat(champion("m").getPromotion().getDecidedBy()).isEqualTo("OPERATOR");
    }

    @Test
    void shouldLetACandidateWaitThatHasNoRowsToCompareOn() {
        List<String> trained = IntStream.range(0, 100)
                .mapToObj(i -> "t" + i)
                .filter(id -> !HELD_OUT.contains(id))
                .limit(2)
                .toList();
        put(River.sample(trained.get(0), null, "yes", 1, 0));
        put(River.sample(trained.get(1), null, "no", -1, 0));
        open(gated("m", 0.1, null).build());

        river.delete("d", trained.get(0));

        assertThat(river.latest("m").getCandidate()).isTrue();
        assertThat(champion("m").getVersion()).isEqualTo(1);
    }

    @Test
    void shouldRollBackAndStayThereUntilTheNextPromotion() {
        fill(0, 60);
        open(logistic("m").build());
        river.relabel("r1", "s1", "yes");
        river.relabel("r2", "s2", "no");
        ModelVersion first = river.awaitVersion("m", 1);
        assertThat(river.champions("m")).as("without a gate nothing is kept").isEmpty();

        assertThat(rollBack(first).getOutcome()).isEqualTo("PROMOTED");
        river.relabel("r3", "s3", "no");
        river.relabel("r4", "s3", "yes");
        assertThat(river.latest("m").getCandidate()).isTrue();
        assertThat(champion("m").getVersion()).isEqualTo(1);

        assertThat(promote(river.latest("m")).getOutcome()).isEqualTo("PROMOTED");
        assertThat(champion("m")).as("the newest is the champion again").isNull();
        river.relabel("r5", "s3", "no");
        assertThat(river.latest("m").getCandidate()).isFalse();
    }

    @Test
    void shouldNotGoBackToErasedDataUnlessForcedWithAReason() {
        fill(0, 60);
        open(logistic("m").build());
        ModelVersion first = river.awaitVersion("m", 1);
        river.delete("d1", "s1");
        ModelVersion clean = river.latest("m");
        river.relabel("r1", "s2", expected.get("s2").getLabel().equals("yes") ? "no" : "yes");

        Promotion refused = rollBack(first);
        assertThat(refused.getOutcome()).isEqualTo("REFUSED");
        assertThat(refused.getReasonCode()).isEqualTo("HOLDS_ERASED_DATA");
        assertThat(choose(first, true, true, " ").getOutcome()).as("no reason").isEqualTo("REFUSED");
        assertThat(river.champions("m")).isEmpty();
        assertThat(rollBack(clean).getOutcome()).isEqualTo("PROMOTED");

        Promotion forced = choose(first, true, true, "court order 12");
        assertThat(forced.getOutcome()).isEqualTo("PROMOTED");
        assertThat(forced.getForced()).isTrue();
        assertThat(forced.getHoldsErased()).isTrue();
        assertThat(champion("m").getPromotion().getReason()).isEqualTo("court order 12");
    }

    @Test
    void shouldRefuseWhatIsNoVersionOfTheModel() {
        fill(0, 40);
        open(logistic("m").build());
        river.relabel("r1", "s1", "yes");
        river.relabel("r2", "s1", "no");
        ModelVersion first = river.awaitVersion("m", 1);
        double[] other = Doubles.toArray(first.getTheta());
        other[0] += 1;
        ModelVersion changed =
                ModelVersion.newBuilder(first).setTheta(Doubles.toBuffer(other)).build();
        ModelVersion future = ModelVersion.newBuilder(first).setVersion(99).build();

        assertThat(rollBack(changed).getReasonCode()).isEqualTo("BAD_DIGEST");
        assertThat(promote(future).getReasonCode()).isEqualTo("UNKNOWN_VERSION");
        assertThat(rollBack(river.latest("m")).getReasonCode()).isEqualTo("NOT_OLDER");
        assertThat(promote(first).getReasonCode()).isEqualTo("NOT_NEWER");
    }
}
