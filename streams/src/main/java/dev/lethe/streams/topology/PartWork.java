package dev.lethe.streams.topology;

import dev.lethe.schemas.DeleteRequest;
import dev.lethe.schemas.Part;
import dev.lethe.schemas.PartCursor;
import dev.lethe.schemas.Rectification;
import dev.lethe.schemas.RectifyRequest;
import dev.lethe.schemas.RelabelRequest;
import dev.lethe.schemas.Relabelling;
import dev.lethe.schemas.SettleRequest;
import dev.lethe.schemas.SettleUntil;
import dev.lethe.schemas.StoredSample;
import dev.lethe.unlearn.objective.Mapping.Misfit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.avro.specific.SpecificRecord;

/** Works off one part against a shard's rows, at most a slice of samples at a time. */
final class PartWork {
    private static final long MAX_SLICE_BYTES = 1 << 20;

    private final ShardStores rows;
    private final OpenModels models;
    private final ShardOutput output;
    private final int slice;

    private final Part part;
    private final String dataset;
    private final PartNotice notice;
    private int sample;
    private int subject;
    private String after;
    private int touched;
    private long bytes;

    PartWork(ShardStores rows, OpenModels models, ShardOutput output, int slice, Part part, PartCursor cursor) {
        this.rows = rows;
        this.models = models;
        this.output = output;
        this.slice = slice;
        this.part = part;
        this.dataset = RequestRules.dataset(request());
        this.notice = new PartNotice(cursor.getNotice());
        this.sample = cursor.getSample();
        this.subject = cursor.getSubject();
        this.after = cursor.getAfter();
    }

    static PartCursor start(Part part, long sequence, int shard) {
        String id = RequestRules.requestId((SpecificRecord) part.getRequest());
        return new PartCursor(sequence, 0, 0, null, PartNotice.empty(id, shard));
    }

    /**
     * Works off the next slice.
     *
     * @return where to go on; empty when the part is done and answered
     */
    Optional<PartCursor> work(long sequence) {
        SpecificRecord request = request();
        boolean done = switch (RequestRules.type(request)) {
            case DELETE -> delete((DeleteRequest) request);
            case RELABEL -> relabel(((RelabelRequest) request).getSamples());
            case RECTIFY -> rectify(((RectifyRequest) request).getSamples());
            case SETTLE -> true;
        };
        if (!done) {
            output.flush(RequestRules.requestId(request), part);
            return Optional.of(new PartCursor(sequence, sample, subject, after, notice.sent(List.of())));
        }
        var opened =
                models.of(dataset).stream().map(m -> m.getSpec().getModelId()).toList();
        output.partDone(dataset, notice.sent(opened), part, until(request));
        return Optional.empty();
    }

    private SpecificRecord request() {
        return (SpecificRecord) part.getRequest();
    }

    private static SettleUntil until(SpecificRecord request) {
        return request instanceof SettleRequest settle ? settle.getUntil() : null;
    }

    private boolean full() {
        return touched >= slice || bytes >= MAX_SLICE_BYTES;
    }

    private boolean delete(DeleteRequest request) {
        for (; subject < request.getSubjects().size(); subject++) {
            if (!deleteSubject(request.getSubjects().get(subject))) {
                return false;
            }
            after = null;
        }
        for (; sample < request.getSamples().size(); sample++) {
            if (full()) {
                return false;
            }
            deleteSample(request.getSamples().get(sample));
        }
        return true;
    }

    /** Erases a subject's rows up to the time of the request; rows that came later are new data and stay. */
    private boolean deleteSubject(String id) {
        if (after == null) {
            rows.suppressSubject(dataset, id, part.getRequestTime());
        }
        List<String> keys = new ArrayList<>();
        boolean more;
        try (var index = rows.samplesOf(dataset, id, after)) {
            while (index.hasNext() && touched + keys.size() < slice) {
                keys.add(index.next().key);
            }
            more = index.hasNext();
        }
        boolean erasedBefore = rows.subjectErased(dataset, id);
        keys.forEach(this::deleteIndexed);
        boolean found = notice.isKnown(subject);
        if (found) {
            rows.markSubjectErased(dataset, id);
        } else if (!more && erasedBefore) {
            notice.erasedBefore(subject);
        }
        return !more;
    }

    private void deleteIndexed(String key) {
        after = key;
        String id = ShardStores.sampleIdOf(key);
        StoredSample row = rows.get(dataset, id);
        touched++;
        if (row != null && row.getRecordTime() <= part.getRequestTime()) {
            rows.suppressErased(dataset, id);
            notice.known(subject);
            erase(id, row);
        }
    }

    private void deleteSample(String id) {
        StoredSample row = rows.get(dataset, id);
        touched++;
        if (row != null) {
            rows.suppressErased(dataset, id);
            notice.found();
            erase(id, row);
        } else if (rows.suppressAbsent(dataset, id)) {
            notice.erasedBefore();
        }
    }

    private void erase(String id, StoredSample row) {
        rows.delete(dataset, id, row);
        output.changed(dataset, id, row, null);
        output.writeBack(dataset, id, null);
        count(row);
    }

    private boolean relabel(List<Relabelling> samples) {
        for (; sample < samples.size(); sample++) {
            if (full()) {
                return false;
            }
            Relabelling change = samples.get(sample);
            replace(change.getSampleId(), row -> StoredSample.newBuilder(row).setLabel(change.getLabel()));
        }
        return true;
    }

    private boolean rectify(List<Rectification> samples) {
        for (; sample < samples.size(); sample++) {
            if (full()) {
                return false;
            }
            Rectification change = samples.get(sample);
            replace(change.getSampleId(), row -> StoredSample.newBuilder(row).setFeatures(change.getFeatures()));
        }
        return true;
    }

    private void replace(String id, java.util.function.Function<StoredSample, StoredSample.Builder> change) {
        StoredSample row = rows.get(dataset, id);
        touched++;
        if (row == null) {
            if (rows.sampleErased(dataset, id)) {
                notice.erasedBefore();
            }
            return;
        }
        StoredSample changed = change.apply(row).build();
        Optional<Misfit> misfit = models.refusal(dataset, changed);
        if (misfit.isPresent()) {
            notice.refused(
                    misfit.get().code(), "sample " + id + ": " + misfit.get().reason());
            return;
        }
        notice.found();
        count(row);
        if (!changed.equals(row)) {
            rows.put(dataset, id, row, changed);
            output.changed(dataset, id, row, changed);
            output.writeBack(dataset, id, changed);
        }
    }

    private void count(StoredSample row) {
        notice.applied();
        bytes += row.getFeatures().remaining();
    }
}
