package dev.lethe.streams.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lethe.schemas.RelabelRequest;
import dev.lethe.schemas.SampleScores;
import dev.lethe.streams.LetheException;
import dev.lethe.streams.cli.replay.Event;
import dev.lethe.streams.cli.replay.EventFile;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** Relabel requests as lines of a file, one suspicious sample each, for a person to go through. */
final class RequestFile {
    private RequestFile() {}

    /** Writes one line for each; its id is the same for the same sample, label and version. */
    static void write(Path file, List<SampleScores> suspects) {
        List<String> lines = suspects.stream().map(RequestFile::line).toList();
        try {
            Files.write(file, lines, StandardOpenOption.CREATE_NEW);
        } catch (FileAlreadyExistsException e) {
            throw new LetheException("file " + file + " exists already and may hold decisions: choose another", e);
        } catch (IOException e) {
            throw new LetheException("file " + file + " cannot be written (" + e + ")", e);
        }
    }

    private static String line(SampleScores suspect) {
        String id = "suspect-" + suspect.getModelId() + "-" + suspect.getVersion() + "-" + suspect.getSampleId();
        ObjectNode json = ClientCommand.object().put("type", "relabel").put("request_id", id);
        json.putArray("samples").addObject().put("id", suspect.getSampleId()).put("label", suspect.getSuggested());
        return json.toString();
    }

    /** Reads relabel requests; @throws LetheException naming the first line that is none. */
    static List<RelabelRequest> read(Path file, String dataset) {
        List<RelabelRequest> requests = new ArrayList<>();
        try (EventFile events = EventFile.open(file)) {
            while (events.hasNext()) {
                requests.add(request(file, events.next(), dataset));
            }
            return requests;
        } catch (IOException e) {
            throw new LetheException("file " + file + " cannot be read (" + e + ")", e);
        }
    }

    private static RelabelRequest request(Path file, Event event, String dataset) {
        String place = "file " + file + ": line " + event.line() + ": ";
        if (event instanceof Event.BadLine bad) {
            throw new LetheException(place + bad.reason() + "; nothing was sent");
        }
        if (!(event instanceof Event.Relabel relabel) || relabel.samples().isEmpty()) {
            throw new LetheException(place + "expected a relabel request with at least one sample; nothing was sent");
        }
        return RelabelRequest.newBuilder()
                .setRequestId(relabel.requestId())
                .setDataset(dataset)
                .setSamples(relabel.samples())
                .setEventTime(Instant.now())
                .build();
    }
}
