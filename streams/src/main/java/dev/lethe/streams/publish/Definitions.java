package dev.lethe.streams.publish;

import dev.lethe.schemas.ModelSpec;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/** Model definitions by id. They never change, so the topic is read again only for an unknown id. */
final class Definitions {
    private final Supplier<Map<String, ModelSpec>> all;
    private final Map<String, ModelSpec> known = new ConcurrentHashMap<>();

    /** @param all reads every definition there is */
    Definitions(Supplier<Map<String, ModelSpec>> all) {
        this.all = all;
    }

    /** The ids of all models there are now. */
    Set<String> ids() {
        known.putAll(all.get());
        return Set.copyOf(known.keySet());
    }

    Optional<ModelSpec> of(String model) {
        if (!known.containsKey(model)) {
            known.putAll(all.get());
        }
        return Optional.ofNullable(known.get(model));
    }
}
