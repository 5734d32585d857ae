package dev.lethe.streams;

import dev.lethe.schemas.DeleteRequest;
import dev.lethe.streams.client.ClientSettings;
import dev.lethe.streams.client.LetheClient;
import dev.lethe.streams.client.LetheClient.From;
import dev.lethe.streams.config.ServiceConfig;
import dev.lethe.streams.publish.LocalStore;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A service with its own broker, a client of it, and an artifact store that is out of reach at first. */
final class StoredService implements AutoCloseable {
    static final Duration WAIT = Duration.ofSeconds(120);

    private final HttpClient http = HttpClient.newHttpClient();
    private final Path folder;
    private final LetheService service;
    private final LetheClient client;

    /** @param more settings beside those of folders and ports */
    StoredService(Path folder, Map<String, String> more) throws IOException {
        this.folder = folder.resolve("store");
        Files.writeString(this.folder, "a file where the folder should be");
        Map<String, String> settings = new HashMap<>(more);
        settings.put("data.dir", folder.resolve("data").toString());
        settings.put("local.port", "0");
        settings.put("http.port", "0");
        settings.put("artifacts.store", this.folder.toString());
        service = LetheService.serve(ServiceConfig.of(settings));
        client = LetheClient.connect(settings()).follow(From.NOW);
    }

    ClientSettings settings() {
        return ClientSettings.of(service.bootstrapServers(), "lethe");
    }

    LetheClient client() {
        return client;
    }

    /** From now on the store can be written. */
    void mendStore() throws IOException {
        Files.delete(folder);
    }

    LocalStore store() {
        return new LocalStore(folder);
    }

    /** Where the store is, or should be. */
    Path folder() {
        return folder;
    }

    /** Deletes a sample. Returns the first version of the dataset's first model that is without it. */
    long deleted(String dataset, String sample) {
        var sent = client.send(new DeleteRequest("delete-" + sample, dataset, List.of(sample), List.of(), null, null));
        return client.awaitReceipt(sent, WAIT).receipt().getModels().get(0).getVersion();
    }

    /** The body of an answer, whatever its status. */
    String get(String path) throws IOException {
        URI uri = URI.create(service.httpUrl().orElseThrow() + path);
        try {
            return http.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString())
                    .body();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    @Override
    public void close() {
        client.close();
        service.close();
    }
}
