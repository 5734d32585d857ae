package dev.lethe.unlearn.format;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PushbackInputStream;
import java.io.Reader;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPInputStream;

/** Opens input files, gzipped or plain: the first bytes decide, not the name. */
public final class InputFiles {
    private static final int BUFFER = 1 << 16;

    private InputFiles() {}

    /** The content of a file, decompressed. */
    public static InputStream open(Path file) throws IOException {
        if (Files.isDirectory(file)) {
            throw new FileFormatException(file.toString(), "expected a file, got a directory");
        }
        InputStream in = Files.newInputStream(file);
        try {
            return decompress(in);
        } catch (IOException | RuntimeException e) {
            in.close();
            throw e;
        }
    }

    /** The stream itself, or what is inside it if it is gzipped. Closing the answer closes the stream. */
    public static InputStream decompress(InputStream in) throws IOException {
        PushbackInputStream peekable = new PushbackInputStream(new BufferedInputStream(in, BUFFER), 2);
        byte[] magic = peekable.readNBytes(2);
        peekable.unread(magic);
        boolean gzip = magic.length == 2 && (magic[0] & 0xFF) == 0x1F && (magic[1] & 0xFF) == 0x8B;
        return gzip ? new BufferedInputStream(new GZIPInputStream(peekable, BUFFER), BUFFER) : peekable;
    }

    /** Strict UTF-8: other bytes are an error, not a replacement character. A byte order mark is skipped. */
    static Reader utf8(InputStream in) throws IOException {
        PushbackInputStream peekable = new PushbackInputStream(in, 3);
        byte[] start = peekable.readNBytes(3);
        boolean bom = start.length == 3
                && (start[0] & 0xFF) == 0xEF
                && (start[1] & 0xFF) == 0xBB
                && (start[2] & 0xFF) == 0xBF;
        if (!bom) {
            peekable.unread(start);
        }
        return new InputStreamReader(
                peekable,
                StandardCharsets.UTF_8
                        .newDecoder()
                        .onMalformedInput(CodingErrorAction.REPORT)
                        .onUnmappableCharacter(CodingErrorAction.REPORT));
    }
}
