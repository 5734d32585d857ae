package dev.lethe.streams.http;

import dev.lethe.streams.client.LetheClient;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.util.List;
import java.util.function.Supplier;

/** Everything that `lethe serve` answers. */
public final class Routes {
    private Routes() {}

    /**
     * All routes of a service; {@code schemas/openapi.yaml} has the same.
     *
     * @param client asked when the first question comes, then again and again: always the same one
     */
    public static List<Route> of(
            Health health, PrometheusMeterRegistry meters, Models models, Supplier<LetheClient> client) {
        Asking asking = new Asking(client);
        return List.of(
                new LiveRoute(health),
                new ReadyRoute(health),
                new MetricsRoute(meters),
                new OpenApiRoute(),
                new ModelRoute(models),
                new InfluenceMethodsRoute(),
                new InfluenceRoute(asking),
                new RefreshScoresRoute(asking),
                new ScoresRoute(asking, false),
                new ScoresRoute(asking, true));
    }
}
