package dev.lethe.unlearn.golden;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads NumPy format 1.0 arrays of float64, int64 and uint8 in C order. */
record Npy(int[] shape, double[] values) {

    private static final Pattern HEADER =
            Pattern.compile("'descr': '([^']+)'.*'fortran_order': False.*'shape': \\(([^)]*)\\)");

    static Npy read(Path file) {
        try {
            ByteBuffer in = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
            int headerLength = in.getShort(8);
            String header = new String(in.array(), 10, headerLength, StandardCharsets.ISO_8859_1);
            Matcher matcher = HEADER.matcher(header);
            if (!matcher.find()) {
                throw new IllegalStateException(file + ": unexpected header " + header);
            }
            int[] shape = Arrays.stream(matcher.group(2).split(","))
                    .map(String::trim)
                    .filter(s -> !s.isEmpty())
                    .mapToInt(Integer::parseInt)
                    .toArray();
            in.position(10 + headerLength);
            return new Npy(
                    shape, values(in, matcher.group(1), Arrays.stream(shape).reduce(1, (a, b) -> a * b)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static double[] values(ByteBuffer in, String type, int count) {
        double[] out = new double[count];
        for (int i = 0; i < count; i++) {
            out[i] = switch (type) {
                case "<f8" -> in.getDouble();
                case "<i8" -> in.getLong();
                case "|u1" -> in.get() & 0xff;
                default -> throw new IllegalStateException("unexpected type " + type);
            };
        }
        return out;
    }

    double[] row(int i) {
        return Arrays.copyOfRange(values, i * shape[1], (i + 1) * shape[1]);
    }
}
