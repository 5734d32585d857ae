package dev.lethe.streams.topology;

import dev.lethe.schemas.ModelProgress;
import dev.lethe.schemas.ModelSpec;
import dev.lethe.schemas.PrivacySpec;
import dev.lethe.schemas.PrivacyStatement;
import dev.lethe.streams.config.Specs;
import dev.lethe.unlearn.certificate.Eligibility;
import dev.lethe.unlearn.certificate.Exactness;
import dev.lethe.unlearn.certificate.Perturbation;
import dev.lethe.unlearn.certificate.PrivacyBudget;
import dev.lethe.unlearn.certificate.PrivacyTerms;
import dev.lethe.unlearn.certificate.Ruling;
import dev.lethe.unlearn.certificate.Screening;
import dev.lethe.unlearn.certificate.Screening.Outcome.SettleFirst;
import dev.lethe.unlearn.certificate.SubjectShares;
import dev.lethe.unlearn.correction.Anchor;
import dev.lethe.unlearn.correction.Forecast;
import dev.lethe.unlearn.objective.RowChange;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The (ε, δ) account of a model, kept in its state. */
final class PrivacyAccount {
    private final ModelState state;
    private final PrivacyTerms terms;
    private final Eligibility eligibility;
    private final SubjectShares shares = new SubjectShares(Screening.DEFAULT);
    /** A subject took too much of the budget since the last settling. */
    private SettleFirst screened;

    private PrivacyAccount(ModelState state, PrivacyTerms terms, Eligibility eligibility) {
        this.state = state;
        this.terms = terms;
        this.eligibility = eligibility;
    }

    /** The account of a model; null if it asks for no claim. */
    static PrivacyAccount of(ModelState state) {
        PrivacySpec asked = state.spec().getPrivacy();
        return asked == null ? null : new PrivacyAccount(state, terms(asked), eligibility(state.spec()));
    }

    private static PrivacyTerms terms(PrivacySpec asked) {
        return new PrivacyTerms(asked.getEpsilon(), asked.getDelta(), asked.getSigma(), asked.getMaxVersionsPerNoise());
    }

    private static Eligibility eligibility(ModelSpec spec) {
        var mapper = Specs.mapper(spec);
        return new Eligibility(spec.getInitial() != null, mapper.transform().learnedFrom(), mapper.objective());
    }

    /** Draws b anew, erases the old one and opens its account. A model that can make no claim gets no noise either. */
    void renew() {
        if (eligibility.refusal().isPresent()) {
            return;
        }
        double[] b = Perturbation.draw(eligibility.objective(), terms.sigma());
        state.renew(b, PrivacyBudget.open(terms).noiseId());
    }

    /**
     * Looks at changes before they are folded: does one subject take too much of the budget of all? Then {@link #screened}
     * says so until the next settling.
     *
     * @param anchor the changes not folded yet; nothing is judged without a factor. Not modified.
     */
    void screen(Anchor anchor, List<Tail.Entry> entries) {
        if (screened != null || !anchor.hasFactor()) {
            return;
        }
        Map<String, List<RowChange>> bySubject = new LinkedHashMap<>();
        for (Tail.Entry entry : entries) {
            if (entry.subject() != null) {
                bySubject
                        .computeIfAbsent(entry.subject(), s -> new ArrayList<>())
                        .add(entry.change());
            }
        }
        bySubject.forEach((subject, changes) -> {
            var outcome = shares.ask(subject, Forecast.of(anchor, changes), terms.budget());
            if (screened == null && outcome instanceof SettleFirst first) {
                screened = first;
            }
        });
    }

    /** Why no patch may be published before the next settling; empty if one may. */
    Optional<SettleFirst> screened() {
        return Optional.ofNullable(screened);
    }

    /** The residual is measured anew: every subject begins again. */
    void settled() {
        screened = null;
        shares.settled();
    }

    /** Rules on the next version, and changes nothing. */
    Ruling rule(Exactness exactness, boolean afterSettling) {
        return eligibility
                .refusal()
                .<Ruling>map(refusal -> refusal)
                .orElseGet(() -> budget().rule(eligibility, exactness, afterSettling));
    }

    /** What the next version says, and the account with it counted. */
    PrivacyStatement record(Ruling ruling) {
        if (ruling instanceof Ruling.Certified certified) {
            state.progress().setVersionsOfNoise(certified.after().versions());
            state.progress().setSpent(certified.after().spent());
            return statement(certified.after());
        }
        var refusal = (Ruling.NotCertified) ruling;
        return statement()
                .setCertified(false)
                .setSpent(0)
                .setRemaining(0)
                .setVersionsOfNoise(0)
                .setReasonCode(refusal.code())
                .setReason(refusal.reason())
                .build();
    }

    private PrivacyBudget budget() {
        ModelProgress.Builder progress = state.progress();
        return new PrivacyBudget(terms, state.noiseId(), progress.getVersionsOfNoise(), progress.getSpent());
    }

    private PrivacyStatement statement(PrivacyBudget budget) {
        return statement()
                .setCertified(true)
                .setSpent(budget.spent())
                .setRemaining(budget.remaining())
                .setNoiseId(budget.noiseId())
                .setVersionsOfNoise(budget.versions())
                .build();
    }

    private PrivacyStatement.Builder statement() {
        return PrivacyStatement.newBuilder()
                .setEpsilon(terms.epsilon())
                .setDelta(terms.delta())
                .setSigma(terms.sigma())
                .setBudget(terms.budget())
                .setClaimScope(PrivacyBudget.CLAIM_SCOPE);
    }
}
