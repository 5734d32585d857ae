package dev.lethe.unlearn.format;

/** A sample file that is unreadable or holds a row that is none. */
public final class SampleFileException extends FileFormatException {
    private static final long serialVersionUID = 1L;

    /**
     * An error.
     *
     * @param file the file as the user named it
     * @param place "line 17", "row 3" or null where the file as a whole is meant
     * @param problem what was expected and what was found; never a feature value or a subject
     */
    public SampleFileException(String file, String place, String problem) {
        super(place == null ? file : file + ": " + place, problem);
    }
}
