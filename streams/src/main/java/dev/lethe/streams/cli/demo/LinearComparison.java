package dev.lethe.streams.cli.demo;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Of the softmax model: its parameters against those of the retrained ones. */
final class LinearComparison implements Comparison {
    private final DemoData data;
    private final DemoMaths maths = new DemoMaths(Digits.model());

    LinearComparison(DemoData data) {
        this.data = data;
    }

    @Override
    public String settling() {
        return "Passes over the remaining samples until the measured residual is below tolerance.";
    }

    @Override
    public List<String> of(Stage trained, Stage repaired, Stage deleted, Stage settled) {
        DemoMaths.Retrained onAll = maths.retrain(data.training());
        DemoMaths.Retrained onRepaired = maths.retrain(data.repaired());
        DemoMaths.Retrained onRemaining = maths.retrain(data.remaining());
        ResultRow reference = new ResultRow(
                "retrained from scratch",
                maths.accuracy(onRemaining.theta(), data.test()),
                Optional.empty(),
                DemoMaths.norm(onRemaining.theta()),
                Optional.empty(),
                onRemaining.time());
        List<String> lines = new ArrayList<>(ResultTable.render(List.of(
                row(trained, onAll),
                row(repaired, onRepaired),
                row(deleted, onRemaining),
                row(settled, onRemaining),
                reference)));
        lines.add("");
        lines.addAll(ResultTable.notes());
        return lines;
    }

    private ResultRow row(Stage stage, DemoMaths.Retrained retrained) {
        return new ResultRow(
                stage.name(),
                maths.accuracy(stage.theta(), data.test()),
                Optional.of(DemoMaths.distance(stage.theta(), retrained.theta())),
                DemoMaths.norm(retrained.theta()),
                stage.perRequest(),
                retrained.time());
    }
}
