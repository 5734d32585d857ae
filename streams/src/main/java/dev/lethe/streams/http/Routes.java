package dev.lethe.streams.http;

import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.util.List;

/** Everything that `lethe serve` answers. */
public final class Routes {
    private Routes() {}

    /** All routes of a service; {@code schemas/openapi.yaml} has the same. */
    public static List<Route> of(Health health, PrometheusMeterRegistry meters) {
        return List.of(new LiveRoute(health), new ReadyRoute(health), new MetricsRoute(meters), new OpenApiRoute());
    }
}
