package dev.lethe.unlearn.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;

class MembershipInferenceTest {

    @Test
    void shouldCountPairsInWhichTheSuspectIsSurer() {
        double[] suspects = {0.1, 0.5};
        double[] heldOut = {0.2, 0.5, 0.9};
        // 0.1 beats all 3; 0.5 beats one and ties one.
        assertThat(MembershipInference.lossThresholdAuc(suspects, heldOut)).isCloseTo(4.5 / 6, within(1e-12));
        assertThat(MembershipInference.lossThresholdAuc(new double[0], heldOut)).isNaN();
    }

    /** Two normal distributions d apart: AUC = Φ(d/√2), for d = 2 about 0.921. */
    @Test
    void shouldReachTheAucOfTheLikelihoodRatio() {
        Random random = new Random(3);
        double[][] unlearned = values(random, 60, 40, 2);
        double[][] never = values(random, 60, 40, 0);
        assertThat(MembershipInference.likelihoodRatioAuc(unlearned, never)).isCloseTo(0.921, within(0.02));
        assertThat(MembershipInference.likelihoodRatioAuc(values(random, 60, 40, 0), never))
                .isCloseTo(0.5, within(0.04));
        assertThatThrownBy(() -> MembershipInference.likelihoodRatioAuc(values(random, 2, 4, 0), never))
                .hasMessageContaining("at least 3 models");
    }

    /** Every example has a level of its own, which a threshold on all would drown in. */
    private static double[][] values(Random random, int models, int examples, double apart) {
        double[][] out = new double[models][examples];
        for (double[] model : out) {
            for (int e = 0; e < examples; e++) {
                model[e] = 10 * e + apart + random.nextGaussian();
            }
        }
        return out;
    }

    @Test
    void shouldTurnLossesIntoConfidences() {
        assertThat(MembershipInference.confidence(Math.log(2))).isCloseTo(0, within(1e-12));
        assertThat(MembershipInference.confidence(-Math.log(0.9))).isCloseTo(Math.log(9), within(1e-9));
        assertThat(MembershipInference.confidence(0)).isFinite();
    }
}
