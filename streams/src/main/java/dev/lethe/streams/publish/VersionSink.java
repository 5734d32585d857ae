package dev.lethe.streams.publish;

import dev.lethe.schemas.ModelSpec;
import dev.lethe.schemas.ModelVersion;
import java.io.IOException;
import java.util.Collection;

/** Somewhere outside of Kafka where versions go to: a store, a registry. */
interface VersionSink extends AutoCloseable {

    /** Short name, part of the consumer group and of messages. */
    String name();

    /**
     * Takes one version, to bring it there. May be called again with the same version.
     *
     * @throws IOException what may pass: it is tried again until it works
     * @throws IllegalStateException this version can never be brought there: it is logged and left out
     */
    void accept(ModelVersion version, ModelSpec spec) throws IOException;

    /** Whether so much was taken that it should be brought there before more is. */
    default boolean isFull() {
        return false;
    }

    /**
     * Once this returns, all that was taken is there, for good.
     *
     * @throws IOException as {@link #accept}; all that was taken since the last call will be given again
     */
    default void flush() throws IOException {}

    /**
     * The topic has nothing to say of a model any more.
     *
     * @throws IOException as {@link #accept}
     */
    default void tombstone(String model) throws IOException {}

    /**
     * Tidies up; called now and then, with every model there is.
     *
     * @throws IOException if not everything could be; the rest is
     */
    default void tidy(Collection<String> models) throws IOException {}

    @Override
    void close();
}
