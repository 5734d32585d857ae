package dev.lethe.streams.topology;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lethe.schemas.DeleteRequest;
import dev.lethe.schemas.FeatureTransform;
import dev.lethe.schemas.LearnedFrom;
import dev.lethe.schemas.ModelFamily;
import dev.lethe.schemas.ModelSpec;
import dev.lethe.schemas.ModelVersion;
import dev.lethe.schemas.PrivacySpec;
import dev.lethe.schemas.PrivacyStatement;
import dev.lethe.schemas.Receipt;
import dev.lethe.schemas.ReceiptStatus;
import dev.lethe.schemas.RowNorm;
import dev.lethe.schemas.SettleUntil;
import dev.lethe.schemas.VersionKind;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The (ε, δ) claim as it is published. */
class PrivacyTest {
    private static final int FEATURES = 4;

    @TempDir
    Path directory;

    private River river;
    private final Random random = new Random(7);

    @BeforeEach
    void open() {
        river = new River(directory, 16);
        for (int i = 0; i < 300; i++) {
            double[] x = random.doubles(FEATURES, -1, 1).toArray();
            river.put(River.sample("s" + i, null, x[0] + x[1] > 0 ? "b" : "a", x));
        }
    }

    @AfterEach
    void close() {
        river.close();
    }

    private static ModelSpec.Builder spec(double sigma, long maxVersions) {
        return River.model("m", ModelFamily.LOGISTIC, FEATURES, 5)
                .setClasses(List.of("a", "b"))
                .setPrivacy(new PrivacySpec(1.0, 1e-4, sigma, maxVersions));
    }

    private ModelVersion open(ModelSpec spec) {
        river.put(spec);
        return river.awaitVersion("m", 1);
    }

    @Test
    void shouldClaimWhatTheBudgetHolds() {
        PrivacyStatement first = open(spec(10, 100).build()).getPrivacy();
        assertThat(first.getCertified()).isTrue();
        assertThat(first.getBudget()).isCloseTo(2.2803, org.assertj.core.data.Offset.offset(1e-4));
        Receipt receipt = river.delete("r1", "s1");
        PrivacyStatement second = receipt.getModels().get(0).getPrivacy();
        assertThat(second.getCertified()).isTrue();
        assertThat(second.getClaimScope()).isEqualTo("single-version, non-adaptive");
        assertThat(second.getNoiseId()).isEqualTo(first.getNoiseId());
        assertThat(second.getVersionsOfNoise()).isEqualTo(2);
        assertThat(second.getSpent()).isPositive().isLessThan(second.getBudget());
        assertThat(second.getRemaining()).isEqualTo(second.getBudget() - second.getSpent());
    }

    @Test
    void shouldSettleWhenAPatchWouldOverspend() {
        open(spec(1e-4, 100).build());
        Receipt receipt = river.delete("r1", "s1", "s2", "s3");
        assertThat(receipt.getModels().get(0).getKind()).isEqualTo(VersionKind.SETTLED);
        assertThat(receipt.getModels().get(0).getReasonCode()).isEqualTo("PRIVACY_BUDGET");
        assertThat(receipt.getModels().get(0).getPrivacy().getCertified()).isTrue();
    }

    @Test
    void shouldRefitWithFreshNoiseWhenTheOldOneIsUsedUp() {
        ModelVersion first = open(spec(10, 2).build());
        river.delete("r1", "s1");
        Receipt receipt = river.delete("r2", "s2");
        var model = receipt.getModels().get(0);
        assertThat(model.getKind()).isEqualTo(VersionKind.REFIT);
        assertThat(model.getReasonCode()).isEqualTo("NOISE_USED_UP");
        assertThat(model.getPrivacy().getNoiseId())
                .isNotEqualTo(first.getPrivacy().getNoiseId());
        assertThat(model.getPrivacy().getVersionsOfNoise()).isEqualTo(1);
        assertThat(river.latest("m").getRows()).isEqualTo(298);
    }

    @Test
    void shouldSayWhenNoNoiseCanCarryTheClaim() {
        river.put(spec(1e-13, 100).build());
        Receipt receipt = river.await(() -> {
            Receipt answer = river.settle(SettleUntil.APPLIED);
            return answer.getModels().isEmpty() ? null : answer;
        });
        assertThat(receipt.getStatus()).isEqualTo(ReceiptStatus.FAILED);
        assertThat(receipt.getReasonCode()).isEqualTo("RESIDUAL_TOO_LARGE");
    }

    @Test
    void shouldSettleWhatOneSubjectWouldSpendOfTheBudgetOfAll() {
        for (int i = 0; i < 5; i++) {
            river.put(River.sample("planted" + i, "attacker", "a", 2, 2, i == 0 ? 2 : -2, 2));
        }
        open(spec(2, 100).build());
        var honest = river.delete("r1", "s1").getModels().get(0);
        assertThat(honest.getKind()).isEqualTo(VersionKind.PATCHED);
        var attack = river.deleteSubjects("r2", "attacker").getModels().get(0);
        assertThat(attack.getKind()).isEqualTo(VersionKind.SETTLED);
        assertThat(attack.getReasonCode()).startsWith("SUBJECT_");
        assertThat(attack.getReason()).doesNotContain("attacker");
        assertThat(attack.getPrivacy().getSpent())
                .isLessThan(attack.getPrivacy().getBudget() / 1000);
        var after = river.delete("r3", "s2").getModels().get(0);
        assertThat(after.getKind()).isEqualTo(VersionKind.PATCHED);
    }

    /** An attacker whose planted rows go one by one makes others wait for two versions at most, and spends nothing. */
    @Test
    void shouldBoundTheDelayOfOthersUnderAttack() {
        for (int i = 0; i < 8; i++) {
            river.put(River.sample("planted" + i, "attacker", "a", 2, i % 2 == 0 ? 2 : -2, i % 4 < 2 ? 2 : -2, 2));
        }
        open(spec(2, 1000).build());
        for (int i = 0; i < 8; i++) {
            river.send(new DeleteRequest("attack" + i, River.DATASET, List.of("planted" + i), List.of(), null, null));
            for (int tick = 0; tick < i % 4; tick++) {
                river.tick();
            }
            long before = river.latest("m").getVersion();
            Receipt receipt = river.delete("honest" + i, "s" + i);
            assertThat(receipt.getStatus()).isEqualTo(ReceiptStatus.APPLIED);
            assertThat(receipt.getModels().get(0).getVersion()).isBetween(before, before + 2);
        }
        assertThat(river.versions())
                .allSatisfy(version -> {
                    assertThat(version.getPrivacy().getCertified()).isTrue();
                    assertThat(version.getPrivacy().getSpent())
                            .isLessThan(version.getPrivacy().getBudget() / 4);
                })
                .filteredOn(version -> version.getReasonCode() != null)
                .isNotEmpty()
                .allSatisfy(version -> assertThat(version.getReasonCode()).startsWith("SUBJECT_"));
        assertThat(river.receipts()).hasSize(16);
    }

    @Test
    void shouldNeverCertifyALearnedTransform() {
        var learned = new FeatureTransform(
                List.of(0.1), List.of(2.0), RowNorm.NONE, LearnedFrom.THIS_DATASET, null, null, List.of());
        ModelVersion version = open(spec(10, 100).setTransform(learned).build());
        assertThat(version.getPrivacy().getCertified()).isFalse();
        assertThat(version.getPrivacy().getReasonCode()).isEqualTo("LEARNED_TRANSFORM");
        assertThat(version.getPrivacy().getNoiseId()).isNull();
    }
}
