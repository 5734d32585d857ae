package dev.lethe.streams.attribution;

import dev.lethe.schemas.InfluenceQuestion;
import dev.lethe.schemas.ModelSpec;
import dev.lethe.streams.config.NetworkSpecs;
import dev.lethe.streams.topology.InquiryRules;
import dev.lethe.streams.topology.NetworkInquiryRules;
import dev.lethe.unlearn.influence.InfluenceSweep.Form;

/** What a question means that leaves something out. Pure. */
public final class InfluenceDefaults {
    private InfluenceDefaults() {}

    /** The question, with the method and form that are best for the model where it names none (an empty text). */
    public static InfluenceQuestion complete(ModelSpec spec, InfluenceQuestion question) {
        String usual = NetworkSpecs.isNetwork(spec) ? NetworkInquiryRules.DEFAULT.id() : InquiryRules.DIRECT;
        String method = question.getMethod().isEmpty() ? usual : question.getMethod();
        Form best = method.equals(InquiryRules.DIRECT) ? Form.CORRECTED : Form.PLAIN;
        String form = question.getForm().isEmpty() ? best.id() : question.getForm();
        return InfluenceQuestion.newBuilder(question)
                .setMethod(method)
                .setForm(form)
                .build();
    }
}
