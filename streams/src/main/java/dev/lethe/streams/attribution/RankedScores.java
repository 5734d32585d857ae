package dev.lethe.streams.attribution;

import dev.lethe.schemas.SampleScores;
import java.util.Comparator;
import java.util.List;

/** Samples in the order of one of their scores. Pure. */
public final class RankedScores {
    /** Less than an even chance for a label. */
    private static final double EVEN_CHANCE = Math.log(2);

    private RankedScores() {}

    /** The highest first, ties by id; samples without the score are left out. */
    public static List<SampleScores> top(List<SampleScores> all, Ranking by, int top) {
        return all.stream()
                .filter(scores -> by.of(scores).isPresent())
                .sorted(Comparator.<SampleScores>comparingDouble(
                                scores -> -by.of(scores).getAsDouble())
                        .thenComparing(SampleScores::getSampleId))
                .limit(top)
                .toList();
    }

    /**
     * The samples whose label is probably wrong: to which the model without them (without a factor: the model) gives their
     * own label less than an even chance.
     */
    public static List<SampleScores> suspects(List<SampleScores> all, Ranking by, int top) {
        return top(all.stream().filter(RankedScores::suspicious).toList(), by, top);
    }

    private static boolean suspicious(SampleScores scores) {
        double loss = scores.getLooLoss() == null ? scores.getLoss() : scores.getLooLoss();
        return scores.getSuggested() != null && loss > EVEN_CHANCE;
    }
}
