package dev.lethe.streams.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lethe.schemas.InfluenceQuestion;
import dev.lethe.schemas.ModelSpec;
import dev.lethe.schemas.RowData;
import dev.lethe.schemas.SampleInfluence;
import dev.lethe.schemas.TestInfluence;
import dev.lethe.streams.LetheException;
import dev.lethe.streams.attribution.AttributionJson;
import dev.lethe.streams.attribution.InfluenceDefaults;
import dev.lethe.streams.client.Attributions;
import dev.lethe.streams.client.InfluenceAnswer;
import dev.lethe.streams.client.LetheClient;
import dev.lethe.streams.config.Specs;
import dev.lethe.streams.topology.Doubles;
import dev.lethe.unlearn.format.SampleFile;
import dev.lethe.unlearn.format.SampleFiles;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Which training samples of a running service matter to the rows of a file. */
@Command(
        name = "influence",
        description = {
            "Shows, for each row of a file, the training samples that help it most and those that harm it most.",
            "Influence is the change of the row's loss if the sample is removed: positive = it helps."
        },
        footer = {
            "",
            "Methods: direct takes the kept inverse curvature. cg and block-cg need none, so they are for models too large",
            "to keep one, and take a pass over all shards for each of their steps; arnoldi and nystroem take hundreds and",
            "some ten, and what they find is kept until the next version. gradient-dot: no curvature, the floor. lissa,",
            "which draws rows at random, is on files only: `lethe evaluate loo --help`.",
            "",
            "Example:",
            "  lethe influence --model digits --test new.csv --top 20",
            "  lethe influence --model digits --test new.csv --group 17,42 --group-curvature --output json"
        })
final class InfluenceCommand extends ClientCommand {
    @Option(names = "--model", paramLabel = "MODEL", required = true, description = "Model id.")
    private String model;

    @Option(
            names = "--test",
            paramLabel = "FILE",
            required = true,
            description = "Rows to ask about: CSV, .npz, LIBSVM, or an IDX pair images,labels; also gzipped.")
    private String test;

    @Option(
            names = "--limit",
            paramLabel = "N",
            defaultValue = "10",
            description = "Ask about the first N rows (default: ${DEFAULT-VALUE}).")
    private int limit;

    @Option(
            names = "--top",
            paramLabel = "N",
            defaultValue = "20",
            description = "Helpful and harmful samples per row (default: ${DEFAULT-VALUE}).")
    private int top;

    @Option(
            names = "--method",
            paramLabel = "NAME",
            description =
                    "direct, cg, block-cg, arnoldi, nystroem or gradient-dot (default: direct); of a network ek-fac,"
                            + " k-fac or gradient-dot (default: ek-fac).")
    private String method;

    @Option(
            names = "--form",
            paramLabel = "NAME",
            description = "corrected: the removed sample's own curvature taken out exactly (default with direct);"
                    + " plain: to first order; relative: over how far the removal moves the parameters.")
    private String form;

    @Mixin
    private OutsideClaimOption outsideClaim;

    @Option(
            names = "--together",
            description = "Take the rows as one test set: influence on the sum of their losses, in one list.")
    private boolean together;

    @Option(names = "--group", paramLabel = "ID", split = ",", description = "Samples whose joint influence is wanted.")
    private List<String> group;

    @Option(
            names = "--group-curvature",
            description =
                    "Take the group's own curvature out, as `lethe evaluate groups` does: for groups that are no small"
                            + " part of the data the sum of what each does alone is too small. Takes some passes. Methods direct, cg"
                            + " and block-cg.")
    private boolean groupCurvature;

    @Option(names = "--wait", paramLabel = "SECONDS", defaultValue = "60", description = "Default: ${DEFAULT-VALUE}.")
    private int wait;

    @Override
    void check() {
        if (limit < 1 || top < 0) {
            throw usage("expected --limit of at least 1 and --top of at least 0, got " + limit + " and " + top);
        }
        if (groupCurvature && group == null) {
            throw usage("--group-curvature: expected --group as well");
        }
    }

    @Override
    int run(LetheClient client) {
        ModelSpec spec = ModelCommand.require(client, model);
        outsideClaim.require(spec);
        List<RowData> rows = new ArrayList<>();
        List<String> ids = new ArrayList<>();
        read(spec, rows, ids);
        var question = InfluenceDefaults.complete(
                spec,
                new InfluenceQuestion(
                        model,
                        Attributions.newId(),
                        Objects.requireNonNullElse(method, ""),
                        Objects.requireNonNullElse(form, ""),
                        top,
                        rows,
                        group,
                        together,
                        groupCurvature));
        InfluenceAnswer answer = client.attributions().influence(question, seconds(wait));
        if (output().json()) {
            output().one(AttributionJson.answer(spec, question, answer));
        } else {
            output().list(
                            table(answer, together ? List.of("all " + ids.size() + " rows") : ids),
                            "no training sample has an influence");
        }
        return Lethe.DONE;
    }

    private void read(ModelSpec spec, List<RowData> rows, List<String> ids) {
        try (SampleFile file = SampleFiles.open(test, Specs.mapper(spec).rawFeatures())) {
            file.stream().limit(limit).forEach(raw -> {
                rows.add(new RowData(Doubles.toBuffer(raw.features()), raw.label(), 1.0));
                ids.add(raw.id());
            });
        }
        if (rows.isEmpty()) {
            throw new LetheException("file " + test + ": expected at least one row, got none");
        }
    }

    private static List<ObjectNode> table(InfluenceAnswer answer, List<String> ids) {
        List<ObjectNode> lines = new ArrayList<>();
        for (int t = 0; t < ids.size(); t++) {
            TestInfluence on = answer.tests().get(t);
            add(lines, ids.get(t), "helps", on.getHelpful());
            add(lines, ids.get(t), "harms", on.getHarmful());
            if (answer.groupRows() > 0) {
                lines.add(line(ids.get(t), "group of " + answer.groupRows())
                        .put("sample", "-")
                        .put("label", "-")
                        .put("influence", on.getGroup()));
            }
        }
        return lines;
    }

    private static void add(List<ObjectNode> lines, String test, String effect, List<SampleInfluence> items) {
        items.forEach(item -> lines.add(line(test, effect).setAll(AttributionJson.influence(item))));
    }

    private static ObjectNode line(String test, String effect) {
        return object().put("test", test).put("effect", effect);
    }
}
