package dev.lethe.streams.follow;

import dev.lethe.schemas.ModelSpec;
import dev.lethe.streams.LetheException;
import dev.lethe.streams.client.ClientSettings;
import dev.lethe.streams.client.LetheClient;
import dev.lethe.streams.config.SpecViolation;
import dev.lethe.streams.publish.ArtifactReader;
import dev.lethe.streams.publish.ArtifactStore;
import dev.lethe.streams.topology.Topics;
import java.time.Duration;
import java.util.Optional;

/**
 * Follows one model and always has a whole, checked version of it. Any number of threads may ask for it; a thread of the
 * follower's own brings new ones. Whatever goes wrong, the served version stays, {@link #staleness} says why, and the
 * follower goes on by itself.
 *
 * <pre>{@code
 * try (ModelFollower digits = ModelFollower.follow(settings, "digits")) {
 *     ServedModel model = digits.await(Duration.ofMinutes(1));
 *     ... digits.current().orElseThrow().predictedClass(features) ...
 * }
 * }</pre>
 */
public final class ModelFollower implements AutoCloseable {
    private static final long STOP_MS = 10_000;

    private final String model;
    private final Serving serving;
    private final VersionFeed feed;
    private final Thread thread;

    private ModelFollower(
            ClientSettings settings, ModelSpec spec, Following following, Optional<ArtifactReader> store) {
        model = spec.getModelId();
        var choice = new Choice(spec, new Topics(settings.prefix()), following, store.isPresent());
        serving = new Serving(model, choice, served(spec, following), store);
        feed = new VersionFeed(VersionFeed.consumer(settings), model, choice.sources(), serving);
        thread = new Thread(feed, "lethe-follow-" + model);
        thread.setDaemon(true);
        thread.start();
    }

    private static ModelSwitch served(ModelSpec spec, Following following) {
        try {
            return new ModelSwitch(spec, following == Following.CHAMPION);
        } catch (SpecViolation e) {
            throw new LetheException(
                    "model " + spec.getModelId() + " cannot predict here: " + e.getMessage()
                            + "; an extractor has to be where the definition says on this machine, too",
                    e);
        }
    }

    /**
     * Follows the newest version on Kafka.
     *
     * @throws LetheException if no Kafka answers, there is no such model, or its extractor is not on this machine
     */
    public static ModelFollower follow(ClientSettings settings, String model) {
        return follow(settings, model, Following.NEWEST);
    }

    /** The same for the newest version or the champion. */
    public static ModelFollower follow(ClientSettings settings, String model, Following following) {
        return new ModelFollower(settings, definition(settings, model), following, Optional.empty());
    }

    /** Follows the announcements on Kafka and takes the files, deltas where they fit, out of a store. */
    public static ModelFollower follow(ClientSettings settings, String model, ArtifactStore store) {
        return follow(settings, model, Following.NEWEST, store);
    }

    /** The same for the newest version or the champion. */
    public static ModelFollower follow(
            ClientSettings settings, String model, Following following, ArtifactStore store) {
        return new ModelFollower(
                settings, definition(settings, model), following, Optional.of(new ArtifactReader(store)));
    }

    private static ModelSpec definition(ClientSettings settings, String model) {
        try (LetheClient client = LetheClient.connect(settings)) {
            ModelSpec spec = client.models().get(model);
            if (spec == null) {
                throw new LetheException("model " + model + " is not there: `lethe model list` lists those that are");
            }
            return spec;
        }
    }

    /** The version to predict with; empty until the first has come. Never waits. */
    public Optional<ServedModel> current() {
        return serving.current();
    }

    /**
     * Waits for the first version.
     *
     * @throws LetheException if none comes in time, with the reason as far as it is known
     */
    public ServedModel await(Duration timeout) {
        long end = System.nanoTime() + timeout.toNanos();
        while (current().isEmpty()) {
            if (System.nanoTime() > end) {
                throw new LetheException("no version of model " + model + " within " + timeout.toSeconds() + " s"
                        + staleness().problem().map(reason -> ": " + reason).orElse(""));
            }
            try {
                Thread.sleep(10);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new LetheException("interrupted while waiting for a version of model " + model, e);
            }
        }
        return current().orElseThrow();
    }

    /** How far behind it is. */
    public Staleness staleness() {
        long version = current().map(ServedModel::version).orElse(0L);
        long newest = serving.newest();
        return new Staleness(
                version,
                newest == 0 ? version : newest,
                feed.sinceContact(),
                feed.problem().or(serving::problem));
    }

    @Override
    public void close() {
        feed.stop();
        try {
            thread.join(STOP_MS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
