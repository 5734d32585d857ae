package dev.lethe.streams.topology;

import static dev.lethe.streams.topology.InquiryRules.refusal;

import dev.lethe.schemas.InfluenceQuestion;
import dev.lethe.streams.topology.InquiryRules.Refusal;
import dev.lethe.unlearn.influence.InfluenceSweep.Form;
import dev.lethe.unlearn.objective.Row;
import dev.lethe.unlearn.objective.RowMapper;
import dev.lethe.unlearn.valuation.NetworkMethods;
import java.util.List;
import java.util.Optional;

/** Whether a question about the influence of a network's samples can be answered. Pure. */
public final class NetworkInquiryRules {
    /** What is asked by where no method is named. */
    public static final NetworkMethods DEFAULT = NetworkMethods.EK_FAC;

    /** Values of a record of at most 4 MiB, beside some KB of everything else. */
    private static final int ROOM = (4 << 20) / Double.BYTES - (1 << 14);

    private final RowMapper mapper;
    private final int parameters;

    NetworkInquiryRules(RowMapper mapper, int parameters) {
        this.mapper = mapper;
        this.parameters = parameters;
    }

    /** @param tests takes the rows of a question that is well */
    Optional<Refusal> check(InfluenceQuestion question, List<Row> tests) {
        Optional<Refusal> refusal = method(question)
                .or(() -> form(question))
                .or(() -> InquiryRules.ids(question))
                .or(() -> InquiryRules.wanted(question))
                .or(() -> size(question));
        for (int i = 0; i < question.getTests().size() && refusal.isEmpty(); i++) {
            refusal = InquiryRules.row(mapper, i, question.getTests().get(i), tests);
        }
        return refusal;
    }

    private static Optional<Refusal> method(InfluenceQuestion question) {
        try {
            NetworkMethods.of(question.getMethod());
            return Optional.empty();
        } catch (IllegalArgumentException e) {
            return refusal("UNKNOWN_METHOD", e.getMessage());
        }
    }

    private static Optional<Refusal> form(InfluenceQuestion question) {
        if (!question.getForm().equals(Form.PLAIN.id())) {
            return refusal("BAD_FORM", "form: expected " + Form.PLAIN.id() + " for a network, got another one");
        }
        return question.getGroupCurvature()
                ? refusal("BAD_METHOD", "group with its curvature: a network answers without, as a sum")
                : Optional.empty();
    }

    /** A pass has the parameters, the ids of a group, and one direction for each row, or one for all together. */
    private Optional<Refusal> size(InfluenceQuestion question) {
        int room = ROOM - (question.getGroup() == null ? 0 : InquiryRules.MAX_GROUP_BYTES / Double.BYTES);
        int most = room / parameters - 1;
        int directions = question.getTogether() ? 1 : question.getTests().size();
        if (directions <= most) {
            return Optional.empty();
        }
        return refusal(
                "TOO_MANY",
                "rows: expected at most " + most + " for a network of " + parameters + " parameters, got "
                        + question.getTests().size()
                        + (most > 0 ? "; as one test set, together, they may be more" : ""));
    }
}
