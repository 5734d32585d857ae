package dev.lethe.streams.topology;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.lethe.schemas.InfluenceQuestion;
import dev.lethe.schemas.RowData;
import dev.lethe.unlearn.influence.InfluenceMethods;
import dev.lethe.unlearn.influence.InfluenceSweep.Form;
import dev.lethe.unlearn.objective.Mapping.Fits;
import dev.lethe.unlearn.objective.Mapping.Misfit;
import dev.lethe.unlearn.objective.Row;
import dev.lethe.unlearn.objective.RowMapper;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Whether a question about influence can be answered. Pure. */
public final class InquiryRules {
    /** The kept inverse curvature. */
    public static final String DIRECT = "direct";

    static final String NO_FACTOR = "method direct: the model is too large for a kept inverse curvature, or its"
            + " factor is being rebuilt: ask for cg, which needs none";

    /** Values of a low-rank inverse that is kept: 64 MB. */
    private static final int MAX_KEPT = 1 << 23;

    /** A helpful and a harmful entry each are some dozens of bytes in a record of at most 4 MiB. */
    static final int MAX_ENTRIES = 10_000;

    /** A group travels with every pass, beside parameters and directions of at most 3 MiB in a record of at most 4. */
    static final int MAX_GROUP_BYTES = 512 << 10;

    /** Avro writes the length of a text before it, in one byte or two. */
    private static final int ID_PREFIX = 2;

    private static final Set<InfluenceMethods> SOLVES_WITHOUT =
            EnumSet.of(InfluenceMethods.DIRECT, InfluenceMethods.CG, InfluenceMethods.BLOCK_CG);

    private final RowMapper mapper;

    /** Whether a running service answers with it. */
    public static boolean isServed(InfluenceMethods method) {
        return method == InfluenceMethods.DIRECT || method.byProducts();
    }

    /** Whether what it makes of the curvature is good for every question. */
    static boolean isLowRank(InfluenceMethods method) {
        return method == InfluenceMethods.ARNOLDI || method == InfluenceMethods.NYSTROEM;
    }

    private static String served() {
        return Arrays.stream(InfluenceMethods.values())
                .filter(InquiryRules::isServed)
                .map(InfluenceMethods::id)
                .collect(Collectors.joining(", "));
    }

    /** Why there is no answer. */
    record Refusal(String code, String reason) {}

    InquiryRules(RowMapper mapper) {
        this.mapper = mapper;
    }

    /** @param tests takes the rows of a question that is well */
    Optional<Refusal> check(InfluenceQuestion question, List<Row> tests) {
        Optional<Refusal> refusal = method(question)
                .or(() -> form(question))
                .or(() -> wanted(question))
                .or(() -> size(question));
        for (int i = 0; i < question.getTests().size() && refusal.isEmpty(); i++) {
            refusal = row(mapper, i, question.getTests().get(i), tests);
        }
        return refusal;
    }

    private Optional<Refusal> method(InfluenceQuestion question) {
        InfluenceMethods method;
        try {
            method = InfluenceMethods.of(question.getMethod());
        } catch (IllegalArgumentException e) {
            return refusal("UNKNOWN_METHOD", "method: expected one of " + served() + ", got another one");
        }
        if (!isServed(method)) {
            return refusal(
                    "UNKNOWN_METHOD",
                    "method " + method.id()
                            + ": draws a few rows at random in each of thousands of steps, and a pass of"
                            + " the service takes all: expected one of " + served() + "; on files there is"
                            + " `lethe evaluate loo --method " + method.id() + "`");
        }
        long kept = (long) InfluenceMethods.Options.DEFAULT.rank()
                * mapper.objective().parameters();
        if (isLowRank(method) && kept > MAX_KEPT) {
            return refusal(
                    "TOO_MANY",
                    "method " + method.id() + ": expected a model of at most "
                            + MAX_KEPT / InfluenceMethods.Options.DEFAULT.rank() + " parameters, got "
                            + mapper.objective().parameters() + ": ask for cg or block-cg");
        }
        return Optional.empty();
    }

    private static Optional<Refusal> form(InfluenceQuestion question) {
        Form form;
        try {
            form = Form.of(question.getForm());
        } catch (IllegalArgumentException e) {
            return refusal("UNKNOWN_FORM", e.getMessage());
        }
        if (form.needsInverse() && !question.getMethod().equals(DIRECT)) {
            return refusal(
                    "BAD_FORM",
                    "form " + form.id() + ": expected method " + DIRECT + ", got another one; ask for plain");
        }
        if (question.getGroup() != null && form == Form.RELATIVE) {
            return refusal("BAD_FORM", "group: relative influences do not add up, ask for plain or corrected");
        }
        return ids(question).or(() -> group(question));
    }

    private static Optional<Refusal> group(InfluenceQuestion question) {
        if (question.getGroupCurvature() && !SOLVES_WITHOUT.contains(InfluenceMethods.of(question.getMethod()))) {
            return refusal(
                    "BAD_METHOD", "group with its curvature: expected method direct, cg or block-cg, got another one");
        }
        return Optional.empty();
    }

    static Optional<Refusal> ids(InfluenceQuestion question) {
        List<String> group = question.getGroup();
        if (group == null ? question.getGroupCurvature() : group.isEmpty()) {
            return refusal("EMPTY_GROUP", "group: expected at least one sample id, got none");
        }
        int bytes = group == null
                ? 0
                : group.stream()
                        .mapToInt(id -> id.getBytes(UTF_8).length + ID_PREFIX)
                        .sum();
        if (bytes > MAX_GROUP_BYTES) {
            return refusal(
                    "TOO_MANY",
                    "group: expected sample ids of at most " + MAX_GROUP_BYTES + " bytes together, got " + bytes
                            + ": ask about a part of them");
        }
        return Optional.empty();
    }

    private Optional<Refusal> size(InfluenceQuestion question) {
        int rows = question.getTests().size();
        int most = mostRows(question.getGroupCurvature() ? 2 : 1);
        if (rows > most) {
            return refusal(
                    "TOO_MANY",
                    "rows: expected at most " + most + " for a model of this size"
                            + (question.getGroupCurvature() ? " and a group's curvature" : "") + ", got " + rows);
        }
        return Optional.empty();
    }

    /** How many rows, and how much of the answer. */
    static Optional<Refusal> wanted(InfluenceQuestion question) {
        int rows = question.getTests().size();
        if (rows == 0) {
            return refusal("NO_ROWS", "rows: expected at least one, got none");
        }
        if (question.getTop() < 0 || (long) question.getTop() * rows > MAX_ENTRIES) {
            return refusal(
                    "TOO_MANY",
                    "top: expected at least 0, and at most " + MAX_ENTRIES + " over all rows together, got "
                            + question.getTop() + " for each of " + rows);
        }
        return Optional.empty();
    }

    /** A pass has the parameters, and so many directions for each row. */
    private int mostRows(int directions) {
        return (ModelRules.MAX_VALUES / mapper.objective().parameters() - 1) / directions;
    }

    /** @param tests takes the row */
    static Optional<Refusal> row(RowMapper mapper, int index, RowData data, List<Row> tests) {
        double[] features = data.getFeatures() == null ? new double[0] : Doubles.toArray(data.getFeatures());
        var mapping = mapper.map(features, data.getLabel(), data.getWeight());
        if (mapping instanceof Misfit misfit) {
            return refusal(misfit.code(), "row " + index + ": " + misfit.reason());
        }
        tests.add(((Fits) mapping).row());
        return Optional.empty();
    }

    static Optional<Refusal> refusal(String code, String reason) {
        return Optional.of(new Refusal(code, reason));
    }
}
