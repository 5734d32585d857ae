package dev.lethe.streams.http;

import java.util.List;
import java.util.Optional;

/** How the service is, as far as an orchestrator has to know. Asked from HTTP threads. */
public interface Health {

    /** Why only a new process can help; empty as long as this one can work or recover. */
    Optional<String> failure();

    /** Why the service does not do its work yet, or any more; empty: it does. */
    List<String> obstacles();

    /** What does not work but keeps nobody from being served: versions that cannot be carried to a store, for example. */
    List<String> warnings();
}
