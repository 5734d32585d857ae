package dev.lethe.unlearn.format;

import java.io.EOFException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.util.zip.ZipException;

/** An input file that cannot be read or is not what it should be. The text names the file, never what is in it. */
public class FileFormatException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /**
     * An error.
     *
     * @param file the file as the user named it
     * @param problem what was expected and what was found
     */
    public FileFormatException(String file, String problem) {
        super(file + ": " + problem);
    }

    /** The same for a failed read. */
    public FileFormatException(String file, IOException cause) {
        super(file + ": " + describe(cause), cause);
    }

    /** A failed read in words; the exceptions' own texts often hold only the file's name. */
    static String describe(IOException cause) {
        if (cause instanceof NoSuchFileException || cause instanceof FileNotFoundException) {
            return "no such file; check the path";
        }
        if (cause instanceof AccessDeniedException) {
            return "may not be read; check its permissions";
        }
        if (cause instanceof EOFException) {
            return "ends early: the file is truncated";
        }
        if (cause instanceof ZipException) {
            return "the compressed data is damaged or truncated";
        }
        if (cause instanceof CharacterCodingException) {
            return "expected UTF-8 text, got other bytes";
        }
        return "cannot be read (" + cause.getClass().getSimpleName() + ")";
    }
}
