package dev.lethe.unlearn.format;

import dev.lethe.unlearn.objective.Decimals;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An element type of a NumPy array, such as {@code <f8}. Pickled objects are never read.
 *
 * @param order byte order
 * @param kind f, i, u, b (bool), U (text), S (bytes)
 * @param bytes per element
 */
record NpyType(ByteOrder order, char kind, int bytes) {
    private static final Pattern DESCRIPTION = Pattern.compile("([<>|=])([fiubUS])(\\d{1,4})");
    private static final int CODE_POINT = 4;

    /** The type of a header's {@code descr}, or empty if it is not one that can be read here. */
    static Optional<NpyType> of(String description) {
        Matcher matcher = DESCRIPTION.matcher(description);
        if (!matcher.matches()) {
            return Optional.empty();
        }
        char kind = matcher.group(2).charAt(0);
        int size = Integer.parseInt(matcher.group(3));
        boolean known = switch (kind) {
            case 'f' -> size == 4 || size == 8;
            case 'i', 'u' -> size == 1 || size == 2 || size == 4 || size == 8;
            case 'b' -> size == 1;
            default -> size > 0;
        };
        ByteOrder order = matcher.group(1).equals(">") ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN;
        return known ? Optional.of(new NpyType(order, kind, kind == 'U' ? size * CODE_POINT : size)) : Optional.empty();
    }

    boolean isNumber() {
        return kind != 'U' && kind != 'S';
    }

    /** The element at the buffer's position, as a number. Moves the position. */
    double number(ByteBuffer in) {
        if (kind == 'f') {
            return bytes == Float.BYTES ? in.getFloat() : in.getDouble();
        }
        long value = integer(in);
        boolean beyondLong = kind == 'u' && bytes == Long.BYTES && value < 0;
        return beyondLong ? Double.parseDouble(Long.toUnsignedString(value)) : value;
    }

    /** The element at the buffer's position, as a label. Moves the position. */
    String text(ByteBuffer in) {
        return switch (kind) {
            case 'f' -> bytes == Float.BYTES ? Decimals.text(in.getFloat()) : Decimals.text(in.getDouble());
            case 'u' -> Long.toUnsignedString(integer(in));
            case 'U' -> codePoints(in);
            case 'S' -> stripped(in);
            default -> Long.toString(integer(in));
        };
    }

    private long integer(ByteBuffer in) {
        long value = switch (bytes) {
            case 1 -> in.get();
            case 2 -> in.getShort();
            case 4 -> in.getInt();
            default -> in.getLong();
        };
        return kind == 'i' || bytes == Long.BYTES ? value : value & (1L << 8 * bytes) - 1;
    }

    private String codePoints(ByteBuffer in) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < bytes / CODE_POINT; i++) {
            int codePoint = in.getInt();
            if (codePoint != 0 && Character.isValidCodePoint(codePoint)) {
                text.appendCodePoint(codePoint);
            }
        }
        return text.toString();
    }

    private String stripped(ByteBuffer in) {
        byte[] raw = new byte[bytes];
        in.get(raw);
        int length = bytes;
        while (length > 0 && raw[length - 1] == 0) {
            length--;
        }
        return new String(raw, 0, length, StandardCharsets.ISO_8859_1);
    }
}
