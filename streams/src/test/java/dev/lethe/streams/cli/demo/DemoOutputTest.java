package dev.lethe.streams.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lethe.schemas.ModelReceipt;
import dev.lethe.schemas.Receipt;
import dev.lethe.schemas.ReceiptStatus;
import dev.lethe.schemas.RequestType;
import dev.lethe.schemas.VersionKind;
import dev.lethe.streams.LetheException;
import dev.lethe.streams.cli.Lethe;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class DemoOutputTest {
    private final StringWriter text = new StringWriter();
    private final PrintWriter out = new PrintWriter(text);

    @Test
    void shouldRenderAlignedRowsWithWhatWasMeasured() {
        List<String> lines = ResultTable.render(List.of(
                new ResultRow(
                        "repaired",
                        0.95768,
                        Optional.of(0.0123),
                        10,
                        Optional.of(Duration.ofMillis(48)),
                        Duration.ofMillis(312)),
                new ResultRow("retrained", 1, Optional.empty(), 10, Optional.empty(), Duration.ofNanos(1_234_567))));

        assertThat(lines)
                .hasSize(4)
                .allMatch(line -> line.length() == lines.get(0).length());
        assertThat(cells(lines.get(0)))
                .containsExactly(
                        "model",
                        "test accuracy",
                        "distance to a model retrained from scratch without that data",
                        "time per request",
                        "time to retrain");
        assertThat(cells(lines.get(2)))
                .containsExactly("repaired", "95.77 %", "1.2e-02 (relative 1.2e-03)", "48.0 ms", "312 ms");
        assertThat(cells(lines.get(3))).containsExactly("retrained", "100.00 %", "-", "-", "1.23 ms");
    }

    private static List<String> cells(String line) {
        return List.of(line.substring(2, line.length() - 2).split(" *\\| ?")).stream()
                .map(String::strip)
                .toList();
    }

    @Test
    void shouldSayTheRateAndTheTimesOfEachKind() {
        Phase phase = new Phase(
                List.of(answered("PATCHED", 30), answered("SETTLED", 500), answered("PATCHED", 50)),
                3,
                Duration.ofMillis(600));

        assertThat(phase.median()).isEqualTo(Duration.ofMillis(50));
        assertThat(phase.summary())
                .containsExactly(
                        "  3 requests, 3 versions in 0.6 s: 5.0 versions/s",
                        "  request to receipt: 2 PATCHED, median 50.0 ms; 1 SETTLED, median 500 ms");
    }

    private static Answered answered(String kind, long millis) {
        return new Answered("r", 1, 2, kind, "residual not known", Duration.ofMillis(millis));
    }

    @Test
    void shouldReadARequestsWayFromItsReceipt() {
        Answered answered =
                Answered.of(receipt(ReceiptStatus.APPLIED, 7L, 0.5, null), Digits.MODEL, Duration.ofMillis(41));

        assertThat(answered.line())
                .isEqualTo("repair-01   1 sample  -> version 7   PATCHED   41.0 ms  residual <= 5.0e-01, proven");
        assertThat(Answered.of(receipt(ReceiptStatus.APPLIED, 7L, 0.5, 1e-12), Digits.MODEL, Duration.ZERO)
                        .line())
                .endsWith("residual 1.0e-12, measured");
    }

    @Test
    void shouldStopAtARequestThatWasNotApplied() {
        assertThatThrownBy(
                        () -> Answered.of(receipt(ReceiptStatus.FAILED, null, null, null), Digits.MODEL, Duration.ZERO))
                .isInstanceOf(LetheException.class)
                .hasMessageContaining("repair-01")
                .hasMessageContaining("FAILED (a reason)");
    }

    private static Receipt receipt(ReceiptStatus status, Long version, Double bound, Double measured) {
        ModelReceipt model = ModelReceipt.newBuilder()
                .setModelId(Digits.MODEL)
                .setVersion(version)
                .setKind(VersionKind.PATCHED)
                .setResidualBound(bound)
                .setResidualMeasured(measured)
                .build();
        return Receipt.newBuilder()
                .setRequestId("repair-01")
                .setDataset(Digits.DATASET)
                .setType(RequestType.RELABEL)
                .setStatus(status)
                .setApplied(1)
                .setUnknown(0)
                .setAlreadyErased(0)
                .setRefused(0)
                .setModels(List.of(model))
                .setReason("a reason")
                .setTopic("t")
                .setPartition(0)
                .setOffset(0)
                .setRequestTime(0)
                .setReceiptTime(0)
                .build();
    }

    @Test
    void shouldPrintALineEveryFewSecondsWhereNobodyWatches() {
        AtomicLong clock = new AtomicLong();
        try (Display display = new LineDisplay(out, 10, clock::get)) {
            for (int i = 1; i <= 10; i++) {
                clock.addAndGet(Duration.ofMillis(700).toNanos());
                display.step("request " + i);
            }
        }

        assertThat(text.toString().lines())
                .containsExactly(
                        "  [1 of 10] request 1",
                        "  [4 of 10] request 4",
                        "  [7 of 10] request 7",
                        "  [10 of 10] request 10");
    }

    @Test
    void shouldLetLinesScrollByAboveTheBar() {
        try (Display display = new BarDisplay(out, "deleting", 2)) {
            display.step("first");
            display.step("second");
        }

        assertThat(text.toString())
                .contains("\r\033[K  first" + System.lineSeparator())
                .contains("\r\033[K  second" + System.lineSeparator())
                .contains("deleting")
                .contains("2/2")
                .endsWith(System.lineSeparator());
    }

    static List<String> commands() {
        return NextSteps.commands(Digits.model());
    }

    @ParameterizedTest
    @MethodSource("commands")
    void shouldProposeOnlyCommandsThatExist(String command) {
        String[] words = command.split(" ");

        assertThat(words[0]).isEqualTo("./lethe");
        assertThat(Lethe.commandLine()
                        .parseArgs(List.of(words).subList(1, words.length).toArray(String[]::new))
                        .errors())
                .isEmpty();
    }

    @Test
    void shouldUseAsciiOnly() {
        NextSteps.lines(true, DemoNetworks.convolutional()).forEach(out::println);
        NextSteps.lines(false, Digits.model()).forEach(out::println);
        ResultTable.notes().forEach(out::println);
        out.println(answered("PATCHED", 1).line());

        assertThat(text.toString()).isNotBlank().matches("(?s)\\p{ASCII}*");
    }
}
