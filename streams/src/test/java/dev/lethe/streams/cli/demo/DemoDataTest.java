package dev.lethe.streams.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lethe.unlearn.format.RawSample;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class DemoDataTest {
    private static final List<RawSample> DIGITS = Digits.read();
    private final DemoData data = DemoData.prepare(DIGITS, Digits.CLASSES, DemoPlan.STANDARD);

    @Test
    void shouldUseEveryRowOnceEitherForTrainingOrForTesting() {
        List<String> ids = Stream.concat(data.training().stream(), data.test().stream())
                .map(DemoSample::id)
                .toList();

        assertThat(ids).doesNotHaveDuplicates().hasSize(1797);
        assertThat(data.test()).hasSize(449);
    }

    @Test
    void shouldKeepTheTrueLabelAndTheFeaturesOfEachRow() {
        var published = DIGITS.stream().collect(Collectors.toMap(RawSample::id, row -> row));

        assertThat(Stream.concat(data.training().stream(), data.test().stream()))
                .allSatisfy(sample -> {
                    assertThat(sample.trueLabel())
                            .isEqualTo(published.get(sample.id()).label());
                    assertThat(sample.features())
                            .isEqualTo(published.get(sample.id()).features());
                });
    }

    @Test
    void shouldMislabelFivePercentOfTheTrainingRowsAndNoTestRow() {
        assertThat(data.mislabelled()).hasSize(67);
        assertThat(data.mislabelled())
                .allSatisfy(s -> assertThat(Digits.CLASSES).contains(s.label()));
        assertThat(data.test()).noneMatch(DemoSample::mislabelled);
        assertThat(data.repaired()).noneMatch(DemoSample::mislabelled).hasSameSizeAs(data.training());
    }

    @Test
    void shouldSpreadTheTrainingRowsEvenlyOverTheSubjects() {
        var rowsOfSubject =
                data.training().stream().collect(Collectors.groupingBy(DemoSample::subject, Collectors.counting()));

        assertThat(rowsOfSubject).hasSize(60);
        assertThat(rowsOfSubject.values()).allMatch(rows -> rows == 22 || rows == 23);
    }

    @Test
    void shouldLeaveExactlyTheRowsOfTheOtherSubjects() {
        Set<String> remaining =
                data.remaining().stream().map(DemoSample::subject).collect(Collectors.toSet());
        Set<String> all = new HashSet<>(remaining);
        all.addAll(data.leaving());

        assertThat(data.leaving()).hasSize(6).doesNotHaveDuplicates().doesNotContainAnyElementsOf(remaining);
        assertThat(all).hasSize(60);
    }

    @Test
    void shouldBeTheSameEveryTimeAndAnotherWithAnotherSeed() {
        DemoData again = DemoData.prepare(Digits.read(), Digits.CLASSES, DemoPlan.STANDARD);
        DemoData other = DemoData.prepare(DIGITS, Digits.CLASSES, new DemoPlan(2, 0.25, 60, 0.05, 6));

        assertThat(labels(again)).isEqualTo(labels(data));
        assertThat(labels(other)).isNotEqualTo(labels(data));
    }

    private static List<List<String>> labels(DemoData data) {
        return data.training().stream()
                .map(s -> Arrays.asList(s.id(), s.subject(), s.label()))
                .toList();
    }
}
