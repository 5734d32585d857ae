package dev.lethe.streams.registry;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.javalin.Javalin;
import io.javalin.http.Context;
import java.net.URI;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/** The part of Confluent's published registry API that readers use, in memory. */
public final class RegistryServer implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Map<Integer, String> answers = new ConcurrentHashMap<>();
    private final AtomicInteger asked = new AtomicInteger();
    private final List<String> authorizations = new CopyOnWriteArrayList<>();
    private final Javalin server;
    private volatile boolean broken;

    public RegistryServer() {
        server = Javalin.create(config -> {
                    config.startup.showJavalinBanner = false;
                    config.routes.get("/schemas/ids/{id}", this::schema);
                })
                .start("127.0.0.1", 0);
    }

    public URI url() {
        return URI.create("http://127.0.0.1:" + server.port());
    }

    /** Registers a schema. */
    public void put(int id, String schema) {
        answers.put(id, JSON.createObjectNode().put("schema", schema).toString());
    }

    /** An answer as it is. */
    public void answer(int id, String body) {
        answers.put(id, body);
    }

    public void broken(boolean now) {
        broken = now;
    }

    /** What was said with each question about who asks. */
    public List<String> authorizations() {
        return authorizations;
    }

    public int asked() {
        return asked.get();
    }

    private void schema(Context request) {
        asked.incrementAndGet();
        authorizations.add(String.valueOf(request.header("Authorization")));
        String answer = answers.get(Integer.parseInt(request.pathParam("id")));
        if (broken) {
            request.status(500).result("{\"error_code\":50001,\"message\":\"Error in the backend data store\"}");
        } else if (answer == null) {
            request.status(404).result("{\"error_code\":40403,\"message\":\"Schema not found\"}");
        } else {
            request.contentType("application/vnd.schemaregistry.v1+json").result(answer);
        }
    }

    /** Confluent's framing of a binary record. */
    public static byte[] frame(int id, byte[] record) {
        return ByteBuffer.allocate(1 + Integer.BYTES + record.length)
                .put((byte) 0)
                .putInt(id)
                .put(record)
                .array();
    }

    @Override
    public void close() {
        server.stop();
    }
}
