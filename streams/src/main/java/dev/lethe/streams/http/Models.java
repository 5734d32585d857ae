package dev.lethe.streams.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Optional;

/** What is known of models. Asked from HTTP threads. */
public interface Models {

    /** The newest version and the champion of a model; empty: no version of it is known. */
    Optional<ObjectNode> of(String model);

    /** Why nothing can be known now; empty: it can. */
    Optional<String> problem();
}
