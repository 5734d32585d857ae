package dev.lethe.unlearn.validation;

import java.util.Optional;
import java.util.OptionalDouble;

/**
 * What parameters do on validation rows.
 *
 * @param rows how many
 * @param loss weighted mean of the family's loss, without penalty
 * @param accuracy weighted share of rows whose class is predicted right; empty for ridge
 */
public record Metrics(long rows, double loss, OptionalDouble accuracy) {

    /**
     * How far these may fall behind others'.
     *
     * @param maxAccuracyDrop absolute; empty: accuracy is not looked at
     * @param maxLossRise relative to the other's loss; empty: the loss is not looked at
     */
    public record Allowance(OptionalDouble maxAccuracyDrop, OptionalDouble maxLossRise) {}

    /**
     * Why these are not good enough to take the place of a champion's, both on the same rows.
     *
     * @return empty: they are
     */
    public Optional<String> fallsBehind(Metrics champion, Allowance allowed) {
        if (!Double.isFinite(loss)) {
            return Optional.of("loss: expected a finite number, got " + loss);
        }
        return accuracyDrop(champion, allowed).or(() -> lossRise(champion, allowed));
    }

    private Optional<String> accuracyDrop(Metrics champion, Allowance allowed) {
        if (allowed.maxAccuracyDrop.isEmpty() || accuracy.isEmpty() || champion.accuracy.isEmpty()) {
            return Optional.empty();
        }
        double least = champion.accuracy.getAsDouble() - allowed.maxAccuracyDrop.getAsDouble();
        double got = accuracy.getAsDouble();
        return got >= least
                ? Optional.empty()
                : Optional.of("accuracy on " + rows + " validation rows: expected at least " + least + " (champion "
                        + champion.accuracy.getAsDouble() + "), got " + got);
    }

    private Optional<String> lossRise(Metrics champion, Allowance allowed) {
        if (allowed.maxLossRise.isEmpty()) {
            return Optional.empty();
        }
        double most = champion.loss * (1 + allowed.maxLossRise.getAsDouble());
        return loss <= most
                ? Optional.empty()
                : Optional.of("loss on " + rows + " validation rows: expected at most " + most + " (champion "
                        + champion.loss + "), got " + loss);
    }
}
