package dev.lethe.streams;

import dev.lethe.schemas.DeleteRequest;
import dev.lethe.schemas.ModelFamily;
import dev.lethe.schemas.ModelIntercept;
import dev.lethe.schemas.ModelSpec;
import dev.lethe.schemas.ModelVersion;
import dev.lethe.schemas.ReceiptStatus;
import dev.lethe.schemas.Rectification;
import dev.lethe.schemas.RectifyRequest;
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
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.DoubleStream;
import org.apache.avro.specific.SpecificRecord;

/**
 * A seeded stream of mixed requests over a small dataset, how each must end, and what must be left of the dataset after
 * it.
 */
final class Stream {
    static final String DATASET = "d";
    private static final int FEATURES = 6;
    private static final List<String> CLASSES = List.of("no", "yes");

    /**
     * A request and its end.
     *
     * @param request to send
     * @param id of the request
     * @param status of its receipt; null: it repeats an earlier request, whose receipt stands
     * @param reasonCode of its receipt
     * @param applied samples changed
     */
    record Asked(SpecificRecord request, String id, ReceiptStatus status, String reasonCode, long applied) {
        boolean repeats() {
            return status == null;
        }

        boolean conflicts() {
            return "CONFLICT".equals(reasonCode);
        }

        /** Whether its id is remembered, with its receipt. */
        boolean inLedger() {
            return !conflicts() && !"EMPTY_REQUEST".equals(reasonCode);
        }

        /** The same once more. */
        Asked again() {
            return new Asked(request, id, null, null, 0);
        }
    }

    private final Random random;
    private final Map<String, Sample> left = new LinkedHashMap<>();
    /** Ids of {@link #left} and of some that have left since, for drawing one in constant time. */
    private final List<String> drawable = new ArrayList<>();

    private final List<Sample> erased = new ArrayList<>();
    /** Requests that got into the ledger and were not yet asked again with other content. */
    private final List<Asked> accepted = new ArrayList<>();

    private int made;
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
        List<Sample> fresh = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            fresh.add(keep(sample("s" + made++, "u" + i % subjects)));
        }
        return fresh;
    }

    /** Many samples of one subject. */
    List<Sample> samplesOf(String subject, int count) {
        List<Sample> fresh = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            fresh.add(keep(sample(subject + "-" + i, subject)));
        }
        return fresh;
    }

    private Sample keep(Sample sample) {
        left.put(sample.getSampleId(), sample);
        drawable.add(sample.getSampleId());
        return sample;
    }

    private Sample sample(String id, String subject) {
        double[] x = features();
        String label = CLASSES.get(DoubleStream.of(x).sum() + random.nextGaussian() > 0 ? 1 : 0);
        return new Sample(DATASET, id, subject, Doubles.toBuffer(x), label, 1.0);
    }

    private double[] features() {
        return random.doubles(FEATURES, -1, 1).toArray();
    }

    private String draw() {
        while (true) {
            int at = random.nextInt(drawable.size());
            String id = drawable.get(at);
            if (left.containsKey(id)) {
                return id;
            }
            drawable.set(at, drawable.get(drawable.size() - 1));
            drawable.remove(drawable.size() - 1);
        }
    }

    private void erase(String id) {
        erased.add(left.remove(id));
    }

    /** Two deletions of a sample to one relabelling; what is left follows. */
    SpecificRecord next() {
        return (random.nextInt(3) > 0 ? delete() : relabel()).request();
    }

    /** Any of the things that arrive: good, repeated, contradictory, about nobody. */
    Asked mixed() {
        int kind = random.nextInt(100);
        if (requests % 400 == 399) {
            return subject(left.get(draw()).getSubjectId());
        } else if (kind < 40 || accepted.size() < 10 || erased.isEmpty()) {
            return delete();
        } else if (kind < 55) {
            return relabel();
        } else if (kind < 70) {
            return rectify();
        } else if (kind < 80) {
            return repeated();
        } else if (kind < 85) {
            return conflicting();
        } else if (kind < 90) {
            return unknown();
        } else if (kind < 95) {
            return erasedBefore();
        }
        return kind < 98 ? partlyUnknown() : empty();
    }

    private String nextId() {
        return "r" + ++requests;
    }

    private Asked applied(SpecificRecord request, long samples) {
        return accepted(request, ReceiptStatus.APPLIED, null, samples);
    }

    private Asked accepted(SpecificRecord request, ReceiptStatus status, String code, long samples) {
        var asked = new Asked(request, id(request), status, code, samples);
        accepted.add(asked);
        return asked;
    }

    private static String id(SpecificRecord request) {
        return request.get(request.getSchema().getField("requestId").pos()).toString();
    }

    private Asked delete() {
        String sample = draw();
        erase(sample);
        return applied(delete(nextId(), List.of(sample), List.of()), 1);
    }

    private Asked relabel() {
        String sample = draw();
        String label = CLASSES.get(random.nextInt(2));
        left.computeIfPresent(
                sample, (k, s) -> Sample.newBuilder(s).setLabel(label).build());
        return applied(relabel(nextId(), sample, label), 1);
    }

    private Asked rectify() {
        String sample = draw();
        var x = Doubles.toBuffer(features());
        left.computeIfPresent(
                sample, (k, s) -> Sample.newBuilder(s).setFeatures(x).build());
        return applied(new RectifyRequest(nextId(), DATASET, List.of(new Rectification(sample, x)), null, null), 1);
    }

    private Asked repeated() {
        return accepted.get(random.nextInt(accepted.size())).again();
    }

    private Asked conflicting() {
        Asked before = accepted.remove(random.nextInt(accepted.size()));
        var other = delete(before.id(), List.of("conflict-" + before.id()), List.of());
        return new Asked(other, before.id(), ReceiptStatus.REFUSED, "CONFLICT", 0);
    }

    private Asked unknown() {
        String id = nextId();
        return accepted(relabel(id, "nobody-" + id, CLASSES.get(0)), ReceiptStatus.REFUSED, "UNKNOWN_SAMPLE", 0);
    }

    private Asked erasedBefore() {
        String sample = erased.get(random.nextInt(erased.size())).getSampleId();
        return accepted(delete(nextId(), List.of(sample), List.of()), ReceiptStatus.APPLIED, "ALREADY_ERASED", 0);
    }

    private Asked partlyUnknown() {
        String sample = draw();
        erase(sample);
        String id = nextId();
        return accepted(
                delete(id, List.of(sample, "nobody-" + id), List.of()), ReceiptStatus.APPLIED, "PARTLY_UNKNOWN", 1);
    }

    /** Refused before the ledger knows it. */
    private Asked empty() {
        String id = nextId();
        return new Asked(delete(id, List.of(), List.of()), id, ReceiptStatus.REFUSED, "EMPTY_REQUEST", 0);
    }

    SpecificRecord deleteSubject(String subject) {
        return subject(subject).request();
    }

    private Asked subject(String subject) {
        List<String> theirs = left.values().stream()
                .filter(s -> subject.equals(s.getSubjectId()))
                .map(Sample::getSampleId)
                .toList();
        theirs.forEach(this::erase);
        return applied(delete(nextId(), List.of(), List.of(subject)), theirs.size());
    }

    private static DeleteRequest delete(String id, List<String> samples, List<String> subjects) {
        return new DeleteRequest(id, DATASET, samples, subjects, null, null);
    }

    private static RelabelRequest relabel(String id, String sample, String label) {
        return new RelabelRequest(id, DATASET, List.of(new Relabelling(sample, label)), null, null);
    }

    static SettleRequest settle(String id) {
        return new SettleRequest(id, DATASET, SettleUntil.SETTLED, null, null);
    }

    int left() {
        return left.size();
    }

    /** The rows that must be there, by sample id. Not to be modified. */
    Map<String, Sample> rows() {
        return left;
    }

    /** The rows that were erased, as they were. Not to be modified. */
    List<Sample> erased() {
        return erased;
    }

    /** ‖θ − θ_retrained‖ / (1 + ‖θ_retrained‖) against a fit from scratch over what is left. */
    double distance(ModelSpec spec, ModelVersion version) {
        return distance(spec, version, left.values());
    }

    /** The same over these rows. */
    static double distance(ModelSpec spec, ModelVersion version, Collection<Sample> left) {
        var mapper = Specs.mapper(spec);
        List<Row> rows = new ArrayList<>();
        left.forEach(s ->
                rows.add(((Fits) mapper.map(Doubles.toArray(s.getFeatures()), s.getLabel(), s.getWeight())).row()));
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
