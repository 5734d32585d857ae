package dev.lethe.streams;

import dev.lethe.schemas.DeleteRequest;
import dev.lethe.schemas.ModelFamily;
import dev.lethe.schemas.ModelIntercept;
import dev.lethe.schemas.ModelSpec;
import dev.lethe.schemas.ModelVersion;
import dev.lethe.schemas.RelabelRequest;
import dev.lethe.schemas.Relabelling;
import dev.lethe.schemas.Sample;
import dev.lethe.schemas.SettlePolicy;
import dev.lethe.schemas.SettleRequest;
import dev.lethe.schemas.SettleUntil;
import dev.lethe.streams.config.Specs;
import dev.lethe.streams.topology.Doubles;
import dev.lethe.unlearn.correction.InMemoryFit;
import dev.lethe.unlearn.objective.Mapping.Fits;
import dev.lethe.unlearn.objective.Row;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.DoubleStream;
import org.apache.avro.specific.SpecificRecord;

/** A seeded stream of mixed requests over a small dataset, and what must be left of the dataset after it. */
final class Stream {
    static final String DATASET = "d";
    private static final int FEATURES = 6;
    private static final List<String> CLASSES = List.of("no", "yes");

    private final Random random;
    private final Map<String, Sample> left = new LinkedHashMap<>();
    private int requests;

    Stream(long seed) {
        random = new Random(seed);
    }

    static ModelSpec model(String id) {
        return ModelSpec.newBuilder()
                .setModelId(id)
                .setDataset(DATASET)
                .setFamily(ModelFamily.LOGISTIC)
                .setClasses(CLASSES)
                .setFeatures(FEATURES)
                .setIntercept(ModelIntercept.PENALISED)
                .setL2(1)
                .setSettle(SettlePolicy.AUTO)
                .build();
    }

    List<Sample> samples(int count, int subjects) {
        List<Sample> made = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            made.add(sample("s" + left.size(), "u" + i % subjects));
            left.put(made.get(i).getSampleId(), made.get(i));
        }
        return made;
    }

    /** Many samples of one subject. */
    List<Sample> samplesOf(String subject, int count) {
        List<Sample> made = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            Sample sample = sample(subject + "-" + i, subject);
            made.add(sample);
            left.put(sample.getSampleId(), sample);
        }
        return made;
    }

    private Sample sample(String id, String subject) {
        double[] x = random.doubles(FEATURES, -1, 1).toArray();
        String label = CLASSES.get(DoubleStream.of(x).sum() + random.nextGaussian() > 0 ? 1 : 0);
        return new Sample(DATASET, id, subject, Doubles.toBuffer(x), label, 1.0);
    }

    /** Two deletions of a sample to one relabelling; what is left follows. */
    SpecificRecord next() {
        String id = "r" + ++requests;
        List<String> ids = List.copyOf(left.keySet());
        String sample = ids.get(random.nextInt(ids.size()));
        if (random.nextInt(3) > 0) {
            left.remove(sample);
            return delete(id, List.of(sample), List.of());
        }
        String label = CLASSES.get(random.nextInt(2));
        left.computeIfPresent(
                sample, (k, s) -> Sample.newBuilder(s).setLabel(label).build());
        return new RelabelRequest(id, DATASET, List.of(new Relabelling(sample, label)), null, null);
    }

    SpecificRecord deleteSubject(String subject) {
        left.values().removeIf(s -> subject.equals(s.getSubjectId()));
        return delete("subject-" + ++requests, List.of(), List.of(subject));
    }

    private static DeleteRequest delete(String id, List<String> samples, List<String> subjects) {
        return new DeleteRequest(id, DATASET, samples, subjects, null, null);
    }

    static SettleRequest settle(String id) {
        return new SettleRequest(id, DATASET, SettleUntil.SETTLED, null, null);
    }

    int left() {
        return left.size();
    }

    /** ‖θ − θ_retrained‖ / (1 + ‖θ_retrained‖) against a fit from scratch over what is left. */
    double distance(ModelSpec spec, ModelVersion version) {
        var mapper = Specs.mapper(spec);
        List<Row> rows = new ArrayList<>();
        left.values()
                .forEach(s -> rows.add(
                        ((Fits) mapper.map(Doubles.toArray(s.getFeatures()), s.getLabel(), s.getWeight())).row()));
        double[] got = Doubles.toArray(version.getTheta());
        try (var fit = InMemoryFit.fit(Specs.objective(spec), rows, null)) {
            double[] want = fit.theta();
            double difference = 0;
            double norm = 0;
            for (int i = 0; i < want.length; i++) {
                difference += Math.pow(got[i] - want[i], 2);
                norm += want[i] * want[i];
            }
            return Math.sqrt(difference) / (1 + Math.sqrt(norm));
        }
    }
}
