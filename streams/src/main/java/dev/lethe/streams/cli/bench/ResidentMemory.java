package dev.lethe.streams.cli.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalDouble;

/** What of a process is in memory, as Linux tells it. */
final class ResidentMemory {
    private static final String LINE = "VmRSS:";
    private static final double MEGABYTES_PER_KILOBYTE = 1.0 / 1024;

    private ResidentMemory() {}

    /** Of a process; empty on a system that does not tell, or once the process has ended. */
    static OptionalDouble megabytes(long pid) {
        return megabytes(Path.of("/proc", Long.toString(pid), "status"));
    }

    /** @param status a process' status file, in kB */
    static OptionalDouble megabytes(Path status) {
        try {
            return Files.readAllLines(status).stream()
                    .filter(line -> line.startsWith(LINE))
                    .mapToDouble(line -> Double.parseDouble(line.replaceAll("[^0-9]", "")) * MEGABYTES_PER_KILOBYTE)
                    .findFirst();
        } catch (IOException e) {
            return OptionalDouble.empty();
        }
    }
}
