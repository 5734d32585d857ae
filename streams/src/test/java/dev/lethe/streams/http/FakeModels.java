package dev.lethe.streams.http;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** Models as a test says they are. */
final class FakeModels implements Models {
    final Map<String, ObjectNode> known = new HashMap<>();
    Optional<String> problem = Optional.empty();

    void put(String model) {
        known.put(model, JsonNodeFactory.instance.objectNode().put("model", model));
    }

    @Override
    public Optional<ObjectNode> of(String model) {
        return Optional.ofNullable(known.get(model));
    }

    @Override
    public Optional<String> problem() {
        return problem;
    }
}
