package dev.lethe.unlearn.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lethe.unlearn.objective.Family;
import dev.lethe.unlearn.objective.Intercept;
import dev.lethe.unlearn.objective.Objective;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class WeightsDeltaTest {
    private static final Objective OBJECTIVE = new Objective(Family.SOFTMAX, 6, 3, Intercept.PENALISED, 1);

    private final Random random = new Random(5);
    private final byte[] one = weights(OBJECTIVE);
    private final byte[] two = weights(OBJECTIVE);
    private final String digestOne = ModelWeights.digest(one);
    private final String digestTwo = ModelWeights.digest(two);
    private final byte[] delta = WeightsDelta.between(one, two);

    private byte[] weights(Objective objective) {
        double[] theta = random.doubles(objective.parameters(), -1e3, 1e3).toArray();
        theta[0] = random.nextBoolean() ? -0.0 : Double.MIN_VALUE;
        return ModelWeights.toSafeTensors(objective, theta, Map.of());
    }

    @Test
    void shouldLeadToExactlyTheOtherFileInBothDirections() {
        assertThat(WeightsDelta.apply(one, digestOne, delta, digestTwo)).isEqualTo(two);
        assertThat(WeightsDelta.apply(two, digestTwo, delta, digestOne)).isEqualTo(one);
    }

    @Test
    void shouldRefuseFilesOfDifferentShapes() {
        byte[] other = weights(new Objective(Family.SOFTMAX, 6, 4, Intercept.PENALISED, 1));

        assertThatThrownBy(() -> WeightsDelta.between(one, other)).hasMessageContaining("one shape");
    }

    @Test
    void shouldRefuseADeltaOfAnotherPair() {
        byte[] three = weights(OBJECTIVE);
        byte[] swapped = WeightsDelta.between(two, three);

        assertThatThrownBy(() -> WeightsDelta.apply(one, digestOne, swapped, digestTwo))
                .isInstanceOf(FileFormatException.class)
                .hasMessageContaining(digestOne)
                .hasMessageContaining(ModelWeights.digest(three));
    }

    /** Every byte and every length: whatever is damaged, nothing but the right file comes out. */
    @Test
    void shouldRefuseEveryDamage() {
        for (int i = 0; i < delta.length; i++) {
            byte[] damaged = delta.clone();
            damaged[i] ^= (byte) (1 << random.nextInt(8));
            assertThatThrownBy(() -> WeightsDelta.apply(one, digestOne, damaged, digestTwo))
                    .as("byte %d", i)
                    .isInstanceOf(FileFormatException.class);
        }
        for (int length = 0; length < delta.length; length++) {
            byte[] truncated = Arrays.copyOf(delta, length);
            assertThatThrownBy(() -> WeightsDelta.apply(one, digestOne, truncated, digestTwo))
                    .as("length %d", length)
                    .isInstanceOf(FileFormatException.class);
        }
        byte[] longer = Arrays.copyOf(delta, delta.length + 8);
        assertThatThrownBy(() -> WeightsDelta.apply(one, digestOne, longer, digestTwo))
                .isInstanceOf(FileFormatException.class);
    }
}
