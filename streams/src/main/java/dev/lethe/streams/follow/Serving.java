package dev.lethe.streams.follow;

import dev.lethe.schemas.VersionArtifact;
import dev.lethe.streams.publish.ArtifactReader;
import java.io.IOException;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.errors.SerializationException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves what the records tell it to, as soon as the parameters can be had. One thread brings records; any thread may ask
 * how far it has got.
 */
final class Serving {
    private static final Logger log = LoggerFactory.getLogger(Serving.class);

    private final String model;
    private final Choice choice;
    private final ModelSwitch served;
    /** Null: parameters come with the records. */
    private final ArtifactReader store;

    private volatile long newest;
    private volatile String unserved;
    private volatile String unreadable;
    /** Whether everything that has to be known is: an older record may be overruled by a later one. */
    private boolean caughtUp;
    /** Whether the store has told its newest version. */
    private boolean asked;
    /** Whether there was a record since the last try to serve. */
    private boolean news;
    /** Whether that try has to be repeated. */
    private boolean again;
    /** What could not be served last. */
    private long missed = -1;

    Serving(String model, Choice choice, ModelSwitch served, Optional<ArtifactReader> store) {
        this.model = model;
        this.choice = choice;
        this.served = served;
        this.store = store.orElse(null);
        this.caughtUp = !choice.needsAll();
        this.again = store.isPresent();
    }

    Optional<ServedModel> current() {
        return served.current();
    }

    /** The version that it should serve, as far as it has heard; 0: of none yet. */
    long newest() {
        return newest;
    }

    /** Why that version is not served, or a later one not known. */
    Optional<String> problem() {
        return Optional.ofNullable(unserved).or(() -> Optional.ofNullable(unreadable));
    }

    /** Whether there is something to do without a record, after a while. */
    boolean again() {
        return again;
    }

    /** Takes in a record. */
    void take(ConsumerRecord<byte[], byte[]> record) {
        try {
            if (choice.take(record)) {
                news = true;
                unreadable = null;
            }
        } catch (SerializationException e) {
            unreadable = e.getMessage();
            log.atWarn()
                    .addKeyValue("model", model)
                    .addKeyValue("topic", record.topic())
                    .addKeyValue("offset", record.offset())
                    .log("a version is not served: {}", e.getMessage());
        }
    }

    /** All that was there at the beginning has been taken in. */
    void caughtUp() {
        news = true;
        caughtUp = true;
    }

    /** Serves what is wanted by now, if there is news. */
    void serve() {
        if (!news && !again) {
            return;
        }
        news = false;
        try {
            again = store != null;
            askStore();
            Optional<Target> wanted = choice.wanted();
            if (wanted.isPresent()) {
                serve(wanted.get());
                again = false;
            }
            unserved = null;
        } catch (IOException e) {
            failed(e);
        }
    }

    /** A version may be told of a moment before its files are there: the first try alone means nothing. */
    private void failed(IOException e) {
        if (again && newest != missed) {
            log.atDebug().addKeyValue("model", model).log("a version is not there yet: {}", e.getMessage());
        } else {
            unserved = e.getMessage();
            log.atWarn().addKeyValue("model", model).log("a version is not served: {}", e.getMessage());
        }
        missed = newest;
    }

    private void serve(Target wanted) throws IOException {
        newest = wanted.version();
        // Parameters in the record itself do not become better by waiting.
        again &= !(wanted instanceof Target.Inline);
        if (caughtUp) {
            served.accept(wanted, store);
        }
    }

    /**
     * Topics forget announcements after a while, and begin with old ones; the store knows what its newest version is. Asked
     * once, and for as long as nobody knows of any.
     */
    private void askStore() throws IOException {
        if (store == null || asked && choice.knowsNewest()) {
            return;
        }
        try {
            var newestStored = store.newest(model);
            if (newestStored.isPresent()) {
                choice.announced(stored(newestStored.getAsLong()));
            }
            asked = true;
        } catch (IOException e) {
            if (!choice.knowsNewest()) {
                throw e;
            }
            log.atWarn()
                    .addKeyValue("model", model)
                    .log("the store does not tell its newest version: {}", e.getMessage());
        }
    }

    private VersionArtifact stored(long version) throws IOException {
        var entry = store.entry(model, version)
                .orElseThrow(() -> new IOException(
                        "the index of model " + model + " version " + version + " has just gone from the store"));
        return VersionArtifact.newBuilder()
                .setModelId(model)
                .setVersion(version)
                .setDigest(entry.digest())
                .setArtifact(entry.artifact())
                .setBytes(0)
                .setDeltaBytes(0)
                .setStore("")
                .setCreatedAt(entry.createdAt().toEpochMilli())
                .build();
    }
}
