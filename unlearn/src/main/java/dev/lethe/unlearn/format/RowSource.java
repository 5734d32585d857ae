package dev.lethe.unlearn.format;

import java.io.Closeable;
import java.io.IOException;

/** Rows of one file format, read one at a time; {@link SampleFile} adds the checks that all formats share. */
interface RowSource extends Closeable {

    /** The next row, or null at the end. */
    RawSample next() throws IOException;

    /** Columns per row. */
    int features();

    /** Where reading stands, for errors: "line 17" or "row 3"; null before the first row. */
    String place();

    @Override
    void close() throws IOException;
}
