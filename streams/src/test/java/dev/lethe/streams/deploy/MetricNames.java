package dev.lethe.streams.deploy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.lethe.streams.metrics.Instruments;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/** Metric names that dashboards and alerts ask for, and those that a service exports. */
public final class MetricNames {
    private static final Path DEPLOY = Path.of("..", "deploy");
    private static final Pattern NAME = Pattern.compile("\\b(?:lethe|kafka|jvm|process|disk)_[a-z0-9_]+");

    private MetricNames() {}

    /** Every expression of the dashboard and the alerts. */
    static List<String> expressions() throws IOException {
        List<String> expressions = new ArrayList<>();
        JsonNode dashboard = new ObjectMapper()
                .readTree(DEPLOY.resolve("grafana").resolve("lethe.json").toFile());
        JsonNode alerts = new YAMLMapper()
                .readTree(DEPLOY.resolve("prometheus").resolve("alerts.yaml").toFile());
        for (JsonNode file : List.of(dashboard, alerts)) {
            file.findValues("expr").forEach(expr -> expressions.add(expr.asText()));
        }
        return expressions;
    }

    /** The names in them. */
    public static Set<String> used() throws IOException {
        Set<String> names = new TreeSet<>();
        for (String expression : expressions()) {
            NAME.matcher(expression).results().forEach(found -> names.add(found.group()));
        }
        return names;
    }

    /**
     * What a service exports: the names of an answer of its, and those of Lethe's meters that only come with an event.
     *
     * @param scraped an answer of /metrics
     */
    public static Set<String> exported(String scraped) {
        Set<String> names = names(scraped);
        try (Instruments instruments = new Instruments()) {
            instruments.lethe().refitAdvised("TEST");
            instruments.lethe().patched(1);
            names.addAll(names(instruments.registry().scrape()));
        }
        return names;
    }

    private static Set<String> names(String scraped) {
        Set<String> names = new TreeSet<>();
        scraped.lines().filter(line -> !line.startsWith("#")).forEach(line -> names.add(line.split("[{ ]", 2)[0]));
        return names;
    }
}
