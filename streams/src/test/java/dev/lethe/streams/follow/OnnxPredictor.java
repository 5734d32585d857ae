package dev.lethe.streams.follow;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxTensorLike;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.lethe.unlearn.format.SafeTensorsReader;
import dev.lethe.unlearn.format.Tensor;
import java.nio.DoubleBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/**
 * An example of an application: predicts with ONNX Runtime while versions change. All versions share one graph, the
 * artifact's {@code model.onnx}; a version is a session of it with that version's tensors. Sessions are native memory, so
 * each is closed once the last thread that predicts with it is through.
 *
 * <pre>{@code
 * var predictor = new OnnxPredictor(graph, follower::current);
 * double[] logits = predictor.logits(features).values();
 * }</pre>
 */
final class OnnxPredictor implements AutoCloseable {
    private static final OrtEnvironment ONNX = OrtEnvironment.getEnvironment();

    private final byte[] graph;
    private final Supplier<Optional<ServedModel>> newest;
    private final AtomicReference<Session> current = new AtomicReference<>();
    private final ReentrantLock opening = new ReentrantLock();
    private final AtomicInteger open = new AtomicInteger();

    /** @param newest what a follower serves; asked before each prediction */
    OnnxPredictor(byte[] graph, Supplier<Optional<ServedModel>> newest) {
        this.graph = graph;
        this.newest = newest;
    }

    /** What a version says, and which it was. */
    record Prediction(long version, double[] values) {}

    /** One version in ONNX Runtime. */
    private final class Session {
        private final long version;
        private final List<OnnxTensor> tensors = new ArrayList<>();
        private final OrtSession session;
        /** Threads that predict with it, and one more while it is the current one. */
        private final AtomicInteger users = new AtomicInteger(1);

        Session(ServedModel model) throws OrtException {
            version = model.version();
            try (var options = new OrtSession.SessionOptions()) {
                options.setIntraOpNumThreads(1);
                options.addExternalInitializers(tensors(model));
                session = ONNX.createSession(graph, options);
            }
            open.incrementAndGet();
        }

        private Map<String, OnnxTensorLike> tensors(ServedModel model) throws OrtException {
            Map<String, OnnxTensorLike> byName = new HashMap<>();
            var content = SafeTensorsReader.read("version " + version, model.weightsFile());
            for (Map.Entry<String, Tensor> entry : content.tensors().entrySet()) {
                Tensor tensor = entry.getValue();
                OnnxTensor made = OnnxTensor.createTensor(ONNX, DoubleBuffer.wrap(tensor.values()), tensor.shape());
                tensors.add(made);
                byName.put(entry.getKey(), made);
            }
            return byName;
        }

        /** Whether it could still be taken. */
        boolean take() {
            return users.getAndUpdate(n -> n == 0 ? 0 : n + 1) > 0;
        }

        void release() throws OrtException {
            if (users.decrementAndGet() == 0) {
                session.close();
                tensors.forEach(OnnxTensor::close);
                open.decrementAndGet();
            }
        }
    }

    /** Sessions that are not closed. */
    int open() {
        return open.get();
    }

    /**
     * Predicts with the newest version; while one thread opens its session, the others go on with the one before.
     *
     * @param features raw. Not modified.
     * @throws IllegalStateException if there is no version yet
     */
    Prediction logits(double[] features) throws OrtException {
        refresh();
        Session session = taken();
        try (OnnxTensor input = OnnxTensor.createTensor(ONNX, new double[][] {features});
                OrtSession.Result result = session.session.run(Map.of("features", input))) {
            double[][] logits = (double[][]) result.get("logits").orElseThrow().getValue();
            return new Prediction(session.version, logits[0]);
        } finally {
            session.release();
        }
    }

    private void refresh() throws OrtException {
        ServedModel served = newest.get().orElseThrow(() -> new IllegalStateException("no version yet"));
        Session session = current.get();
        if (session == null) {
            opening.lock();
        } else if (session.version == served.version() || !opening.tryLock()) {
            return;
        }
        try {
            session = current.get();
            if (session == null || session.version != served.version()) {
                Session before = current.getAndSet(new Session(served));
                if (before != null) {
                    before.release();
                }
            }
        } finally {
            opening.unlock();
        }
    }

    private Session taken() {
        Session session = current.get();
        while (!session.take()) {
            // Replaced in this moment.
            session = current.get();
        }
        return session;
    }

    @Override
    public void close() throws OrtException {
        Session last = current.getAndSet(null);
        if (last != null) {
            last.release();
        }
    }
}
