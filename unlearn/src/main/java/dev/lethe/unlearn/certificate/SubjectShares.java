package dev.lethe.unlearn.certificate;

import dev.lethe.unlearn.certificate.Screening.Outcome;
import dev.lethe.unlearn.correction.Forecast;
import java.util.HashMap;
import java.util.Map;

/** What each subject has used of the budget since the last settling. Not thread-safe. */
public final class SubjectShares {

    private final Screening screening;
    private final Map<String, Double> used = new HashMap<>();

    public SubjectShares(Screening screening) {
        this.screening = screening;
    }

    /**
     * Rules on changes of one subject, and counts them if they may be folded in.
     *
     * @param subject a keyed hash will do; it is never logged
     * @param budget residual up to which versions are certified, above 0
     */
    public Outcome ask(String subject, Forecast forecast, double budget) {
        Outcome outcome = screening.judge(used.getOrDefault(subject, 0.0), forecast, budget);
        if (outcome instanceof Outcome.Spend spend) {
            used.put(subject, spend.used());
        }
        return outcome;
    }

    /** The model has settled: everyone begins again. */
    public void settled() {
        used.clear();
    }
}
