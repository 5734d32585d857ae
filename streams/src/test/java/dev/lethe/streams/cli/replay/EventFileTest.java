package dev.lethe.streams.cli.replay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lethe.schemas.SettleUntil;
import dev.lethe.streams.cli.replay.Event.BadLine;
import dev.lethe.streams.topology.Doubles;
import dev.lethe.unlearn.format.FileFormatException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EventFileTest {

    @TempDir
    private Path folder;

    @Test
    void shouldReadEveryType() {
        List<Event> events = read("""
                {"type":"delete","request_id":"r1","samples":["17","42"]}
                {"type":"delete","request_id":"r2","subjects":["s9"]}

                {"type":"relabel","request_id":"r3","samples":[{"id":"5","label":"3"}]}
                {"type":"rectify","request_id":"r4","samples":[{"id":"5","features":[1,-0.5,1e-3]}]}
                {"type":"put","sample":{"id":"n1","subject":"s1","label":"2","weight":0.5,"features":[1,2]}}
                {"type":"put","sample":{"id":"n2","subject":null,"label":"2","features":[1,2]}}
                {"type":"await","until":"applied"}
                {"type":"export","as":"after.1"}
                """);

        assertThat(events).extracting(Event::line).containsExactly(1L, 2L, 4L, 5L, 6L, 7L, 8L, 9L);
        assertThat(events.get(0)).isEqualTo(new Event.Delete(1, "r1", List.of("17", "42"), List.of()));
        assertThat(events.get(1)).isEqualTo(new Event.Delete(2, "r2", List.of(), List.of("s9")));
        assertThat(((Event.Relabel) events.get(2)).samples().get(0).getLabel()).isEqualTo("3");
        assertThat(Doubles.toArray(
                        ((Event.Rectify) events.get(3)).samples().get(0).getFeatures()))
                .containsExactly(1, -0.5, 1e-3);
        Event.Put put = (Event.Put) events.get(4);
        assertThat(put.sample().subject()).isEqualTo("s1");
        assertThat(put.sample().weight()).isEqualTo(0.5);
        assertThat(put.sample().features()).containsExactly(1, 2);
        assertThat(((Event.Put) events.get(5)).sample().subject()).isNull();
        assertThat(((Event.Put) events.get(5)).sample().weight()).isEqualTo(1);
        assertThat(events.get(6)).isEqualTo(new Event.Await(8, SettleUntil.APPLIED));
        assertThat(events.get(7)).isEqualTo(new Event.Export(9, "after.1"));
    }

    @Test
    void shouldTakeAnEmptySubjectAsNone() {
        Event event =
                read("{\"type\":\"put\",\"sample\":{\"id\":\"n1\",\"subject\":\"\",\"label\":\"2\",\"features\":[1]}}")
                        .get(0);

        assertThat(((Event.Put) event).sample().subject()).isNull();
    }

    @ParameterizedTest
    @CsvSource({
        "3,3",
        "3.0,3",
        "-1,-1",
        "0.1,0.1",
        "1e2,100",
        "12345678901234567890,12345678901234567890",
        "'\"cat\"',cat"
    })
    void shouldKeepALabelAsText(String label, String text) {
        Event event = read("{\"type\":\"relabel\",\"request_id\":\"r\",\"samples\":[{\"id\":\"5\",\"label\":" + label
                        + "}]}")
                .get(0);

        assertThat(((Event.Relabel) event).samples().get(0).getLabel()).isEqualTo(text);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "no json| NOT_JSON| expected one JSON object",
                "{'type':'await','until':'applied'} {}| NOT_JSON| column",
                "{'type':'await','type':'await'}| NOT_JSON| each key once",
                "{'type':'await'| NOT_JSON| column",
                "[1]| NOT_JSON| expected one JSON object",
                "null| NOT_JSON| expected one JSON object",
                "{}| MISSING_KEY| type: expected a value, got none",
                "{'type':1}| BAD_VALUE| type: expected a text that is not empty, got a number",
                "{'type':'erase'}| UNKNOWN_TYPE| type: expected one of [await, delete, export, put, rectify, relabel]",
                "{'type':'delete','request_id':'r'}| MISSING_KEY| samples or subjects",
                "{'type':'delete','samples':['1']}| MISSING_KEY| request_id",
                "{'type':'delete','request_id':'','samples':['1']}| BAD_VALUE| request_id: expected a text that is not",
                "{'type':'delete','request_id':'r','samples':[]}| BAD_VALUE| at least one entry, got an empty array",
                "{'type':'delete','request_id':'r','samples':'1'}| BAD_VALUE| samples: expected a list",
                "{'type':'delete','request_id':'r','samples':['1',2]}| BAD_VALUE| samples[1]: expected a text",
                "{'type':'delete','request_id':'r','sample':['1']}| UNKNOWN_KEY| sample: unknown key; did you mean samples?",
                "{'type':'relabel','request_id':'r','samples':['1']}| BAD_VALUE| samples[0]: expected an object",
                "{'type':'relabel','request_id':'r','samples':[{'id':'1'}]}| MISSING_KEY| samples[0].label",
                "{'type':'relabel','request_id':'r','samples':[{'id':'1','label':NaN}]}| BAD_VALUE| samples[0].label",
                "{'type':'relabel','request_id':'r','samples':[{'id':'1','label':true}]}| BAD_VALUE| got a boolean",
                "{'type':'rectify','request_id':'r','samples':[{'id':'1','features':[1,NaN]}]}| NOT_FINITE| samples[0].features[1]",
                "{'type':'rectify','request_id':'r','samples':[{'id':'1','features':[-Infinity]}]}| NOT_FINITE| features[0]",
                "{'type':'rectify','request_id':'r','samples':[{'id':'1','features':[1e999]}]}| NOT_FINITE| features[0]",
                "{'type':'rectify','request_id':'r','samples':[{'id':'1','features':['1']}]}| BAD_VALUE| finite number, got a string",
                "{'type':'rectify','request_id':'r','samples':[{'id':'1','features':[]}]}| BAD_VALUE| features",
                "{'type':'put','sample':{'id':'1','label':'1','features':[1],'weight':-1}}| BAD_VALUE| sample.weight",
                "{'type':'put','sample':{'id':'1','label':'1','feature':[1]}}| UNKNOWN_KEY| did you mean features?",
                "{'type':'put','sample':{'id':'1','features':[1]}}| MISSING_KEY| sample.label",
                "{'type':'put'}| MISSING_KEY| sample",
                "{'type':'await','until':'done'}| BAD_VALUE| until: expected \"applied\" or \"settled\", got \"done\"",
                "{'type':'export','as':'a/b'}| BAD_NAME| as: expected 1 to 64",
                "{'type':'export','as':'..'}| BAD_NAME| as: expected 1 to 64",
                "{'type':'export','as':'final'}| BAD_NAME| as: expected a name of your own",
                "{'type':'export','as':'receipts.jsonl'}| BAD_NAME| as: expected a name of your own",
            })
    void shouldGoOnAfterABadLine(String line, String code, String reason) {
        List<Event> events = read("\n" + line.replace('\'', '"') + "\n{\"type\":\"await\",\"until\":\"settled\"}");

        assertThat(events).hasSize(2);
        assertThat(events.get(0)).isInstanceOfSatisfying(BadLine.class, bad -> {
            assertThat(bad.line()).isEqualTo(2);
            assertThat(bad.reasonCode()).isEqualTo(code);
            assertThat(bad.reason()).contains(reason);
        });
        assertThat(events.get(1)).isEqualTo(new Event.Await(3, SettleUntil.SETTLED));
    }

    @Test
    void shouldNeverQuoteFeaturesOrSubjects() {
        for (String line : List.of(
                "{\"type\":\"put\",\"sample\":{\"id\":\"1\",\"subject\":[\"secret\"],\"label\":\"1\",\"features\":[1]}}",
                "{\"type\":\"put\",\"sample\":{\"id\":\"1\",\"label\":\"1\",\"features\":[\"secret\"]}}",
                "{\"type\":\"put\",\"sample\":{\"id\":\"1\",\"label\":\"1\",\"features\":[secret]}}",
                "{\"type\":\"delete\",\"request_id\":\"r\",\"subjects\":\"secret\"}")) {
            assertThat(((BadLine) read(line).get(0)).reason()).doesNotContain("secret");
        }
    }

    @Test
    void shouldRefuseTheSecondExportOfAName() {
        List<Event> events = read("{\"type\":\"export\",\"as\":\"a\"}\n{\"type\":\"export\",\"as\":\"a\"}\n");

        assertThat(events.get(1))
                .isInstanceOfSatisfying(
                        BadLine.class, bad -> assertThat(bad.reasonCode()).isEqualTo("DUPLICATE_NAME"));
    }

    @Test
    void shouldReadOtherLineEndsAndAByteOrderMark() {
        List<Event> events =
                read("\uFEFF{\"type\":\"await\",\"until\":\"applied\"}\r\n \r\n{\"type\":\"export\",\"as\":\"a\"}");

        assertThat(events).containsExactly(new Event.Await(1, SettleUntil.APPLIED), new Event.Export(3, "a"));
    }

    @Test
    void shouldTakeOtherEncodingsForABadLine() {
        byte[] latin = "{\"type\":\"export\",\"as\":\"\u00e9\"}\n{\"type\":\"export\",\"as\":\"a\"}"
                .getBytes(StandardCharsets.ISO_8859_1);

        assertThat(read(latin))
                .satisfiesExactly(
                        bad -> assertThat(((BadLine) bad).reason()).contains("UTF-8"),
                        good -> assertThat(good).isInstanceOf(Event.Export.class));
    }

    @Test
    void shouldReadAnEmptyFile() {
        assertThat(read("")).isEmpty();
    }

    @Test
    void shouldEndWhereTheFileCannotBeRead() throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write("{\"type\":\"export\",\"as\":\"a\"}\n".getBytes(StandardCharsets.UTF_8));
        }
        byte[] cut = Arrays.copyOf(out.toByteArray(), out.size() - 9);

        assertThat(read(out.toByteArray())).hasSize(1);
        assertThatThrownBy(() -> read(cut))
                .isInstanceOf(FileFormatException.class)
                .hasMessageContaining("ends early");
        assertThatThrownBy(() -> EventFile.open(folder.resolve("none")))
                .isInstanceOf(FileFormatException.class)
                .hasMessageContaining("no such file");
    }

    private List<Event> read(String text) {
        return read(text.getBytes(StandardCharsets.UTF_8));
    }

    private List<Event> read(byte[] content) {
        List<Event> events = new ArrayList<>();
        try (EventFile file = EventFile.open(Files.write(folder.resolve("e.jsonl"), content))) {
            file.forEachRemaining(events::add);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return events;
    }
}
