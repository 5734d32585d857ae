package dev.lethe.unlearn.valuation;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** What one row can be scored by. Higher: harder, more unusual, more likely mislabelled. */
public enum Score {
    /** ℓ of the row. */
    LOSS("loss of the row under the model", false),
    /** ‖p − onehot(y)‖ (Paul et al. 2021); ridge: ‖z − y‖. */
    EL2N("length of the error vector", false),
    /** ‖∇ℓ‖ (Paul et al. 2021). */
    GRAND("length of the row's gradient", false),
    /** −(z_y − max z_other); logistic: −y·z; ridge: as {@link #EL2N}. */
    MARGIN("how far the row is on the wrong side, in logits", false),
    /** w∇ℓᵀH⁻¹∇ℓ. */
    SELF_INFLUENCE("by how much the row's own loss would rise without it, to first order", true),
    /** tr of the row's curvature times H⁻¹. */
    LEVERAGE("the row's part of the effective number of parameters", true),
    /** The row's loss under the model without it. */
    LOO_LOSS("loss of the row under the model that never saw it, by a down-dated step", true);

    /** Ranks wrong labels unless told otherwise: the best of the cheap ones on MNIST and the digits. */
    public static final Score DEFAULT = EL2N;

    private final String description;
    private final boolean needsCurvature;

    Score(String description, boolean needsCurvature) {
        this.description = description;
        this.needsCurvature = needsCurvature;
    }

    /** The name: {@code self-influence} for SELF_INFLUENCE. */
    public String id() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    public String description() {
        return description;
    }

    /** Whether it needs H⁻¹; the others cost half a gradient pass. */
    public boolean needsCurvature() {
        return needsCurvature;
    }

    /** @throws IllegalArgumentException listing the names, if there is no such score */
    public static Score of(String id) {
        return Arrays.stream(values())
                .filter(score -> score.id().equals(id))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("score: expected one of "
                        + Arrays.stream(values()).map(Score::id).collect(Collectors.joining(", ")) + ", got " + id));
    }
}
