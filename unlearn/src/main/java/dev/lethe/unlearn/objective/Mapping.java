package dev.lethe.unlearn.objective;

/** What a raw sample is to a model: a row, or no fit and why. A misfit concerns that model only, not the dataset. */
public sealed interface Mapping {

    /** Another number of features than the model's. */
    String FEATURE_COUNT = "FEATURE_COUNT";
    /** NaN or infinity among the features, before or after the transform. */
    String NOT_FINITE = "NOT_FINITE";
    /** The label is none of the model's classes. */
    String UNKNOWN_CLASS = "UNKNOWN_CLASS";
    /** Ridge: the label is not one finite decimal per output. */
    String BAD_LABEL = "BAD_LABEL";
    /** The weight is negative or not finite. */
    String BAD_WEIGHT = "BAD_WEIGHT";

    /** The sample as the maths sees it. */
    record Fits(Row row) implements Mapping {}

    /**
     * The sample is not part of the model.
     *
     * @param code one of the constants of {@link Mapping}
     * @param reason for people: expected against got; never a feature value
     */
    record Misfit(String code, String reason) implements Mapping {}
}
