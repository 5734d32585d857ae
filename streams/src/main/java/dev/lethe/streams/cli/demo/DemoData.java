package dev.lethe.streams.cli.demo;

import dev.lethe.unlearn.format.RawSample;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * The digits, made ready: a held-out test part, subjects, some wrong labels, and who asks to be deleted.
 *
 * @param training rows sent to the service, some with a wrong label
 * @param test rows never sent, with their true labels
 * @param leaving subjects who ask for deletion
 */
record DemoData(List<DemoSample> training, List<DemoSample> test, List<String> leaving) {

    DemoData {
        training = List.copyOf(training);
        test = List.copyOf(test);
        leaving = List.copyOf(leaving);
    }

    /**
     * Splits, spreads and mislabels, as planned.
     *
     * @param rows all rows; the order does not matter to the service, but to the outcome of the shuffle
     * @param classes all labels, at least two; a wrong label is any other of them
     */
    static DemoData prepare(List<RawSample> rows, List<String> classes, DemoPlan plan) {
        List<RawSample> shuffled = new ArrayList<>(rows);
        Random random = new Random(plan.seed());
        Collections.shuffle(shuffled, random);
        int testRows = (int) Math.round(rows.size() * plan.testShare());
        List<DemoSample> test =
                shuffled.subList(0, testRows).stream().map(DemoData::asFound).toList();
        List<RawSample> rest = shuffled.subList(testRows, rows.size());
        int wrong = (int) Math.round(rest.size() * plan.wrongShare());
        // The rows are shuffled already, so the first ones are as random as any; dealing subjects out in turn
        // afterwards
        // spreads the wrong labels over all of them.
        List<DemoSample> training = IntStream.range(0, rest.size())
                .mapToObj(i -> training(rest.get(i), subject(i % plan.subjects()), i < wrong, classes, random))
                .toList();
        List<String> leaving = IntStream.range(0, plan.leaving())
                .mapToObj(i -> subject(i * plan.subjects() / plan.leaving()))
                .toList();
        return new DemoData(training, test, leaving);
    }

    private static DemoSample asFound(RawSample row) {
        return new DemoSample(row.id(), null, row.features(), row.label(), row.label());
    }

    private static DemoSample training(
            RawSample row, String subject, boolean wrong, List<String> classes, Random random) {
        String label = wrong ? anotherLabel(row.label(), classes, random) : row.label();
        return new DemoSample(row.id(), subject, row.features(), label, row.label());
    }

    private static String anotherLabel(String label, List<String> classes, Random random) {
        int steps = 1 + random.nextInt(classes.size() - 1);
        return classes.get((classes.indexOf(label) + steps) % classes.size());
    }

    private static String subject(int number) {
        return String.format(Locale.ROOT, "subject-%02d", number);
    }

    /** The training rows with a wrong label. */
    List<DemoSample> mislabelled() {
        return training.stream().filter(DemoSample::mislabelled).toList();
    }

    /** The training rows as they should be once every wrong label is repaired. */
    List<DemoSample> repaired() {
        return training.stream().map(DemoSample::withTrueLabel).toList();
    }

    /** The training rows as they should be once the leaving subjects are gone as well. */
    List<DemoSample> remaining() {
        Set<String> gone = Set.copyOf(leaving);
        return repaired().stream()
                .filter(sample -> !gone.contains(sample.subject()))
                .toList();
    }
}
