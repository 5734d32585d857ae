package dev.lethe.streams.cli.replay;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.lethe.unlearn.format.FileFormatException;
import dev.lethe.unlearn.format.InputFiles;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Set;

/**
 * Reads EVENTS.jsonl, one JSON object a line, one line in memory at a time; gzipped or plain. Blank lines are skipped. A
 * bad line becomes an {@link Event.BadLine}; only an unreadable file ends the reading, as {@link FileFormatException}.
 */
public final class EventFile implements Iterator<Event>, Closeable {
    public static final String NOT_JSON = "NOT_JSON";
    public static final String UNKNOWN_TYPE = "UNKNOWN_TYPE";
    public static final String UNKNOWN_KEY = "UNKNOWN_KEY";
    public static final String MISSING_KEY = "MISSING_KEY";
    public static final String BAD_VALUE = "BAD_VALUE";
    public static final String NOT_FINITE = "NOT_FINITE";
    public static final String BAD_NAME = "BAD_NAME";
    public static final String DUPLICATE_NAME = "DUPLICATE_NAME";

    private static final String BYTE_ORDER_MARK = "\uFEFF";

    private final String file;
    private final InputStream in;
    private final Set<String> exports = new HashSet<>();
    private long line;
    private Event next;
    private boolean ended;

    private EventFile(String file, InputStream in) {
        this.file = file;
        this.in = in;
    }

    /** Opens a file. */
    public static EventFile open(Path path) {
        try {
            return new EventFile(path.toString(), new BufferedInputStream(InputFiles.open(path), 1 << 16));
        } catch (IOException e) {
            throw new FileFormatException(path.toString(), e);
        }
    }

    @Override
    public boolean hasNext() {
        while (next == null && !ended) {
            byte[] bytes = readLine();
            if (bytes == null) {
                ended = true;
            } else {
                line++;
                next = event(bytes);
            }
        }
        return next != null;
    }

    @Override
    public Event next() {
        if (!hasNext()) {
            throw new NoSuchElementException(file + " has no more events");
        }
        Event event = next;
        next = null;
        return event;
    }

    /** The event of a line, or null if it is blank. */
    private Event event(byte[] bytes) {
        try {
            String text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
            if (line == 1 && text.startsWith(BYTE_ORDER_MARK)) {
                text = text.substring(1);
            }
            return text.isBlank() ? null : requireFreshName(EventParser.parse(line, text));
        } catch (CharacterCodingException e) {
            return new Event.BadLine(line, NOT_JSON, "expected UTF-8 text, got other bytes");
        } catch (JsonProcessingException e) {
            // Jackson's text quotes the line, which may hold features: only the place is passed on.
            int column = e.getLocation() == null ? 0 : e.getLocation().getColumnNr();
            return new Event.BadLine(
                    line, NOT_JSON, "expected one JSON object, each key once, got an error at column " + column);
        } catch (EventParser.BadEvent e) {
            return new Event.BadLine(line, e.code(), e.getMessage());
        }
    }

    private Event requireFreshName(Event event) {
        if (event instanceof Event.Export export && !exports.add(export.name())) {
            return new Event.BadLine(
                    line, DUPLICATE_NAME, "as: expected a new name, got \"" + export.name() + "\" for the second time");
        }
        return event;
    }

    /** Bytes up to the line's end, or null at the end of the file. */
    private byte[] readLine() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            int b = in.read();
            if (b < 0) {
                return null;
            }
            for (; b >= 0 && b != '\n'; b = in.read()) {
                bytes.write(b);
            }
            return bytes.toByteArray();
        } catch (IOException e) {
            throw new FileFormatException(file + ": after line " + line, e);
        }
    }

    @Override
    public void close() throws IOException {
        in.close();
    }
}
