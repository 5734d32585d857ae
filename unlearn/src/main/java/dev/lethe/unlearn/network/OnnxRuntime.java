package dev.lethe.unlearn.network;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * Opens models with ONNX Runtime. When it begins, version 1.29 on Linux matches the process's whole command line, class
 * path and all, by a function that calls itself for every character (some 270 bytes of stack each): from 4 KB on it runs
 * over the end of an ordinary thread's stack, and the process dies without a word. So it does that where there is room.
 */
final class OnnxRuntime {

    private static final Path COMMAND_LINE = Path.of("/proc/self/cmdline");
    private static final long STACK = 4L << 20;
    private static final long STACK_PER_CHARACTER = 1 << 10;

    private OnnxRuntime() {}

    /** On one thread. @throws OrtException if it is no model that can be loaded */
    static OrtSession open(Path file) throws OrtException {
        FutureTask<OrtSession> work = new FutureTask<>(() -> {
            OrtSession.SessionOptions options = new OrtSession.SessionOptions();
            options.setIntraOpNumThreads(1);
            options.setInterOpNumThreads(1);
            return OrtEnvironment.getEnvironment()
                    .createSession(file.toAbsolutePath().toString(), options);
        });
        new Thread(null, work, "lethe-onnx", stack()).start();
        try {
            return work.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new NetworkException("extractor: interrupted while ONNX Runtime loaded it", e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof OrtException refused) {
                throw refused;
            }
            throw new NetworkException(
                    "extractor: ONNX Runtime could not be loaded on this machine (" + e.getCause() + ")", e.getCause());
        }
    }

    private static long stack() {
        try {
            return STACK + STACK_PER_CHARACTER * Files.readAllBytes(COMMAND_LINE).length;
        } catch (IOException e) {
            // Another system: it has no such file, so nothing reads it.
            return STACK;
        }
    }
}
