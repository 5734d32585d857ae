package dev.lethe.streams.attribution;

import dev.lethe.schemas.ComputedScore;
import dev.lethe.schemas.SampleScores;
import java.util.Arrays;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.function.Function;
import java.util.stream.Collectors;

/** What samples can be ranked by: the scores of a pass, and those that `lethe scores compute` adds. Highest first. */
public enum Ranking {
    LOSS(SampleScores::getLoss),
    EL2N(SampleScores::getEl2n),
    GRAND(SampleScores::getGrand),
    MARGIN(SampleScores::getMargin),
    SELF_INFLUENCE(SampleScores::getSelfInfluence),
    LEVERAGE(SampleScores::getLeverage),
    LOO_LOSS(SampleScores::getLooLoss),
    /** Mean of EL2N over the epochs of a network's training (Paul et al. 2021). */
    EL2N_EPOCHS("el2n-epochs"),
    /** Feldman and Zhang 2020: how much likelier the row is predicted right by models that saw it. */
    MEMORISATION("memorisation"),
    /** Distance to the nearest centre of the row's class (Sorscher et al. 2022). */
    PROTOTYPE("prototype");

    /** As {@link dev.lethe.unlearn.valuation.Score#DEFAULT}. */
    public static final Ranking DEFAULT = EL2N;

    private final Function<SampleScores, Double> value;
    private final boolean computed;

    Ranking(Function<SampleScores, Double> value) {
        this.value = value;
        this.computed = false;
    }

    Ranking(String computed) {
        this.value = scores -> scores.getComputed().stream()
                .filter(score -> score.getScore().equals(computed))
                .map(ComputedScore::getValue)
                .findFirst()
                .orElse(null);
        this.computed = true;
    }

    /** The name: {@code self-influence} for SELF_INFLUENCE. */
    public String id() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** Whether a job makes it, and no pass. */
    public boolean isComputed() {
        return computed;
    }

    /** Whether a job makes a score of this name. */
    public static boolean computed(String id) {
        return Arrays.stream(values())
                .anyMatch(ranking -> ranking.computed && ranking.id().equals(id));
    }

    /** This score of a sample, if it has it. */
    public OptionalDouble of(SampleScores scores) {
        Double found = value.apply(scores);
        return found == null ? OptionalDouble.empty() : OptionalDouble.of(found);
    }

    /** @throws IllegalArgumentException listing the names, if there is no such score */
    public static Ranking of(String id) {
        return Arrays.stream(values())
                .filter(ranking -> ranking.id().equals(id))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("expected one of "
                        + Arrays.stream(values()).map(Ranking::id).collect(Collectors.joining(", ")) + ", got " + id));
    }
}
