package dev.lethe.streams.attribution;

import dev.lethe.schemas.SampleScores;
import dev.lethe.unlearn.valuation.Score;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalDouble;

/** Samples in the order of one of their scores. Pure. */
public final class RankedScores {
    /** Less than an even chance for a label. */
    private static final double EVEN_CHANCE = Math.log(2);

    private RankedScores() {}

    /** One score of a sample, if it has it. */
    public static OptionalDouble value(SampleScores scores, Score by) {
        return switch (by) {
            case LOSS -> OptionalDouble.of(scores.getLoss());
            case EL2N -> OptionalDouble.of(scores.getEl2n());
            case GRAND -> OptionalDouble.of(scores.getGrand());
            case MARGIN -> OptionalDouble.of(scores.getMargin());
            case SELF_INFLUENCE -> optional(scores.getSelfInfluence());
            case LEVERAGE -> optional(scores.getLeverage());
            case LOO_LOSS -> optional(scores.getLooLoss());
        };
    }

    private static OptionalDouble optional(Double value) {
        return value == null ? OptionalDouble.empty() : OptionalDouble.of(value);
    }

    /** The highest first, ties by id; samples without the score are left out. */
    public static List<SampleScores> top(List<SampleScores> all, Score by, int top) {
        return all.stream()
                .filter(scores -> value(scores, by).isPresent())
                .sorted(Comparator.<SampleScores>comparingDouble(
                                scores -> -value(scores, by).getAsDouble())
                        .thenComparing(SampleScores::getSampleId))
                .limit(top)
                .toList();
    }

    /**
     * The samples whose label is probably wrong: to which the model without them (without a factor: the model) gives their
     * own label less than an even chance.
     */
    public static List<SampleScores> suspects(List<SampleScores> all, Score by, int top) {
        return top(all.stream().filter(RankedScores::suspicious).toList(), by, top);
    }

    private static boolean suspicious(SampleScores scores) {
        double loss = scores.getLooLoss() == null ? scores.getLoss() : scores.getLooLoss();
        return scores.getSuggested() != null && loss > EVEN_CHANCE;
    }
}
