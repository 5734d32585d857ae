package dev.lethe.unlearn.format;

import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * An open sample file: its rows, once, in file order, one at a time in memory. Whatever is wrong comes out of the
 * iterator as a {@link SampleFileException}.
 */
public final class SampleFile implements Iterable<RawSample>, Closeable {
    private final String name;
    private final RowSource source;
    private boolean started;

    SampleFile(String name, RowSource source) {
        this.name = name;
        this.source = source;
    }

    /** The file as the user named it. */
    public String name() {
        return name;
    }

    /** Features per row, without a constant. */
    public int features() {
        return source.features();
    }

    /** Where the row last handed out stands, for errors: "line 17" or "row 3". */
    public String place() {
        return source.place();
    }

    /** The rows; may be called once. */
    @Override
    public Iterator<RawSample> iterator() {
        if (started) {
            throw new IllegalStateException(name + " is read once; open it again for a second reading");
        }
        started = true;
        return new Rows();
    }

    /** The rows as a stream; instead of {@link #iterator()}. Closing the stream closes the file. */
    public Stream<RawSample> stream() {
        int properties = Spliterator.ORDERED | Spliterator.NONNULL;
        return StreamSupport.stream(Spliterators.spliteratorUnknownSize(iterator(), properties), false)
                .onClose(this::close);
    }

    @Override
    public void close() {
        try {
            source.close();
        } catch (IOException e) {
            throw new UncheckedIOException(name + ": cannot be closed", e);
        }
    }

    private final class Rows implements Iterator<RawSample> {
        private RawSample next;
        private boolean ended;

        @Override
        public boolean hasNext() {
            if (next == null && !ended) {
                try {
                    next = source.next();
                } catch (IOException e) {
                    throw new SampleFileException(name, source.place(), FileFormatException.describe(e));
                }
                ended = next == null;
            }
            return !ended;
        }

        @Override
        public RawSample next() {
            if (!hasNext()) {
                throw new NoSuchElementException(name + " has no more rows");
            }
            RawSample answer = next;
            next = null;
            return answer;
        }
    }
}
