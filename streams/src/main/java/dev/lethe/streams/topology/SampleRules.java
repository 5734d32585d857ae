package dev.lethe.streams.topology;

import dev.lethe.schemas.Sample;
import dev.lethe.streams.config.Names;
import dev.lethe.streams.topology.RequestRules.Refusal;
import java.util.Optional;

/** What a sample record must look like, whatever models there are. Pure. */
final class SampleRules {
    /** A change holds a row before and after it, and must fit into a record. */
    static final int MAX_FEATURE_BYTES = 500_000;

    private SampleRules() {}

    static Optional<Refusal> check(String key, Sample sample) {
        String id = sample.getSampleId();
        if (!Names.isName(sample.getDataset())) {
            return refuse("BAD_DATASET", "dataset: expected a name of " + Names.RULE);
        }
        if (id.isEmpty() || id.length() > RequestRules.MAX_ID_LENGTH || id.indexOf(ShardStores.SEPARATOR) >= 0) {
            return refuse(
                    "BAD_SAMPLE_ID",
                    "sampleId: expected 1 to " + RequestRules.MAX_ID_LENGTH + " characters without NUL, got "
                            + id.length());
        }
        if (!key.equals(Topics.sampleKey(sample.getDataset(), id))) {
            return refuse("BAD_KEY", "samples: the record's key does not name its sample, expected dataset/sampleId");
        }
        String subject = sample.getSubjectId();
        if (subject != null
                && (subject.isEmpty()
                        || subject.length() > RequestRules.MAX_ID_LENGTH
                        || subject.indexOf(ShardStores.SEPARATOR) >= 0)) {
            return refuse(
                    "BAD_SUBJECT_ID",
                    "sample " + id + ": subjectId: expected 1 to " + RequestRules.MAX_ID_LENGTH
                            + " characters without NUL, got " + subject.length());
        }
        if (sample.getFeatures().remaining() > MAX_FEATURE_BYTES) {
            return refuse(
                    "TOO_LARGE",
                    "sample " + id + ": features: expected at most " + MAX_FEATURE_BYTES + " bytes, got "
                            + sample.getFeatures().remaining());
        }
        if (!Doubles.finite(sample.getFeatures())) {
            return refuse("NOT_FINITE", "sample " + id + ": features: expected finite float64 values of 8 bytes each");
        }
        return sample.getWeight() >= 0 && Double.isFinite(sample.getWeight())
                ? Optional.empty()
                : refuse("BAD_WEIGHT", "sample " + id + ": weight: expected a finite number of at least 0");
    }

    private static Optional<Refusal> refuse(String code, String reason) {
        return Optional.of(new Refusal(code, reason));
    }
}
