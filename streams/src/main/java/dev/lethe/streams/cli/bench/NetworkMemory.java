package dev.lethe.streams.cli.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What is resident after 1 000 and after 10 000 patches: in a process of its own whose heap has one size and is resident
 * from the start, so that whatever grows is native memory.
 */
final class NetworkMemory {

    private static final int EVENTS = 10_000;
    private static final int EARLY = 1_000;
    private static final double FLAT = 1.05;
    private static final int HEAP = 512;

    private NetworkMemory() {}

    /** All in MB. @param heap in use */
    record Resident(double all, double heap) {

        static Resident parse(String line) {
            String[] parts = line.split(" ");
            return new Resident(Double.parseDouble(parts[0]), Double.parseDouble(parts[1]));
        }

        @Override
        public String toString() {
            return all + " " + heap;
        }
    }

    static void run(BenchTable table) {
        if (!Files.isReadable(PatchLoop.STATUS)) {
            table.note("no " + PatchLoop.STATUS + " on this system: native memory is skipped");
            return;
        }
        table.note("measuring resident memory over " + EVENTS + " patches of a small CNN, with " + HEAP
                + " MB of heap ...");
        List<Resident> measured = measure();
        Resident early = measured.get(0);
        Resident late = measured.get(1);
        String name = " after " + EVENTS + " patches against " + EARLY;
        table.addAtMost("resident memory" + name, "MB", NetworkBench.one(late.all, early.all), FLAT);
        double earlyNative = early.all - HEAP;
        table.addAtMost("of it native" + name, "MB", NetworkBench.one(late.all - HEAP, earlyNative), FLAT);
        table.add("heap in use" + name, "MB", NetworkBench.one(late.heap, early.heap));
    }

    /** After the early events and after all. */
    private static List<Resident> measure() {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-Xms" + HEAP + "m", "-Xmx" + HEAP + "m", "-XX:+AlwaysPreTouch"));
        command.addAll(List.of("-Dorg.bytedeco.javacpp.maxPhysicalBytes=0", "-cp"));
        command.addAll(List.of(System.getProperty("java.class.path"), PatchLoop.class.getName()));
        command.addAll(List.of(Integer.toString(EARLY), Integer.toString(EVENTS)));
        try {
            Process process = new ProcessBuilder(command)
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (process.waitFor() != 0 || out.lines().count() != 2) {
                throw new IllegalStateException("patches in a process of their own: expected two lines and exit code 0,"
                        + " got " + process.exitValue() + " and: " + out);
            }
            return out.lines().map(Resident::parse).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }
}
