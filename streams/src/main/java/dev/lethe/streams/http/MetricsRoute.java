package dev.lethe.streams.http;

import io.javalin.http.Context;
import io.javalin.http.HandlerType;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;

/** All meters, in Prometheus' text format or in OpenMetrics, whichever the caller asks for. */
record MetricsRoute(PrometheusMeterRegistry meters) implements Route {
    private static final String TEXT = "text/plain; version=0.0.4; charset=utf-8";
    private static final String OPEN_METRICS = "application/openmetrics-text";

    @Override
    public HandlerType method() {
        return HandlerType.GET;
    }

    @Override
    public String path() {
        return "/metrics";
    }

    @Override
    public void handle(Context request) {
        String accepted = request.header("Accept");
        boolean open = accepted != null && accepted.contains(OPEN_METRICS);
        String type = open ? OPEN_METRICS + "; version=1.0.0; charset=utf-8" : TEXT;
        request.result(meters.scrape(type)).contentType(type);
    }
}
