package dev.lethe.streams.topology;

import dev.lethe.schemas.DeleteRequest;
import dev.lethe.schemas.Rectification;
import dev.lethe.schemas.RectifyRequest;
import dev.lethe.schemas.RelabelRequest;
import dev.lethe.schemas.Relabelling;
import dev.lethe.schemas.RequestType;
import dev.lethe.schemas.SettleRequest;
import dev.lethe.streams.config.Names;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.apache.avro.specific.SpecificRecord;

/** What a request must look like before anything is touched, and what it is called. Pure. */
final class RequestRules {
    static final int MAX_ID_LENGTH = 512;
    /** A part holds the whole request and must fit into a record. */
    static final int MAX_BYTES = 900_000;

    /** Why a request is refused. */
    record Refusal(String code, String reason) {}

    private RequestRules() {}

    static String requestId(SpecificRecord request) {
        return switch (type(request)) {
            case DELETE -> ((DeleteRequest) request).getRequestId();
            case RELABEL -> ((RelabelRequest) request).getRequestId();
            case RECTIFY -> ((RectifyRequest) request).getRequestId();
            case SETTLE -> ((SettleRequest) request).getRequestId();
        };
    }

    static String dataset(SpecificRecord request) {
        return switch (type(request)) {
            case DELETE -> ((DeleteRequest) request).getDataset();
            case RELABEL -> ((RelabelRequest) request).getDataset();
            case RECTIFY -> ((RectifyRequest) request).getDataset();
            case SETTLE -> ((SettleRequest) request).getDataset();
        };
    }

    static RequestType type(SpecificRecord request) {
        if (request instanceof DeleteRequest) {
            return RequestType.DELETE;
        }
        if (request instanceof RelabelRequest) {
            return RequestType.RELABEL;
        }
        if (request instanceof RectifyRequest) {
            return RequestType.RECTIFY;
        }
        if (request instanceof SettleRequest) {
            return RequestType.SETTLE;
        }
        throw new IllegalArgumentException(
                "not a request: " + request.getSchema().getFullName());
    }

    static int sampleCount(SpecificRecord request) {
        return switch (type(request)) {
            case DELETE -> distinct(((DeleteRequest) request).getSamples()).size();
            case RELABEL -> ((RelabelRequest) request).getSamples().size();
            case RECTIFY -> ((RectifyRequest) request).getSamples().size();
            case SETTLE -> 0;
        };
    }

    static int subjectCount(SpecificRecord request) {
        return request instanceof DeleteRequest delete
                ? distinct(delete.getSubjects()).size()
                : 0;
    }

    /**
     * Content that makes two requests with one id the same request: everything but its times.
     *
     * @param encoded the request
     */
    static byte[] contentHash(SpecificRecord request, byte[] encoded) {
        try {
            byte[] content = hasTimes(request) ? Messages.encode(withoutTimes(request)) : encoded;
            return MessageDigest.getInstance("SHA-256").digest(content);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("this JVM has no SHA-256", e);
        }
    }

    private static boolean hasTimes(SpecificRecord request) {
        return has(request, "eventTime") || has(request, "deadline");
    }

    private static boolean has(SpecificRecord request, String field) {
        return request.get(request.getSchema().getField(field).pos()) != null;
    }

    /** Shares the request's lists: a builder would copy them in depth. */
    private static SpecificRecord withoutTimes(SpecificRecord request) {
        String id = requestId(request);
        String dataset = dataset(request);
        if (request instanceof DeleteRequest delete) {
            return new DeleteRequest(id, dataset, delete.getSamples(), delete.getSubjects(), null, null);
        }
        if (request instanceof RelabelRequest relabel) {
            return new RelabelRequest(id, dataset, relabel.getSamples(), null, null);
        }
        if (request instanceof RectifyRequest rectify) {
            return new RectifyRequest(id, dataset, rectify.getSamples(), null, null);
        }
        return new SettleRequest(id, dataset, ((SettleRequest) request).getUntil(), null, null);
    }

    /**
     * The first thing wrong with a request, if any. Its key decides its partition, and there the order of a dataset's
     * requests and the memory of their ids.
     *
     * @param bytes of the encoded request
     */
    static Optional<Refusal> check(String key, SpecificRecord request, int bytes) {
        return check(request, bytes)
                .or(() -> dataset(request).equals(key)
                        ? Optional.empty()
                        : refuse("BAD_KEY", "requests: expected the dataset as the record's key"));
    }

    private static Optional<Refusal> check(SpecificRecord request, int bytes) {
        String id = requestId(request);
        if (id.isEmpty() || id.length() > MAX_ID_LENGTH) {
            return refuse(
                    "BAD_REQUEST_ID", "requestId: expected 1 to " + MAX_ID_LENGTH + " characters, got " + id.length());
        }
        if (bytes > MAX_BYTES) {
            return refuse(
                    "TOO_LARGE", "request: expected at most " + MAX_BYTES + " bytes, got " + bytes + ": split it up");
        }
        if (!Names.isName(dataset(request))) {
            return refuse("BAD_DATASET", "dataset: expected a name of " + Names.RULE);
        }
        return switch (type(request)) {
            case DELETE -> checkDelete((DeleteRequest) request);
            case RELABEL -> checkUnique("relabel", ((RelabelRequest) request).getSamples(), Relabelling::getSampleId);
            case RECTIFY -> checkRectify((RectifyRequest) request);
            case SETTLE -> Optional.empty();
        };
    }

    private static Optional<Refusal> checkDelete(DeleteRequest request) {
        if (request.getSamples().isEmpty() && request.getSubjects().isEmpty()) {
            return refuse("EMPTY_REQUEST", "delete: expected at least one sample or subject, got none");
        }
        return request.getSamples().contains("") || request.getSubjects().contains("")
                ? refuse("EMPTY_ID", "delete: an id is the empty text")
                : Optional.empty();
    }

    private static Optional<Refusal> checkRectify(RectifyRequest request) {
        for (Rectification sample : request.getSamples()) {
            if (!Doubles.finite(sample.getFeatures())) {
                return refuse(
                        "NOT_FINITE",
                        "rectify: features of sample " + sample.getSampleId()
                                + ": expected finite float64 values of 8 bytes each");
            }
        }
        return checkUnique("rectify", request.getSamples(), Rectification::getSampleId);
    }

    private static <T> Optional<Refusal> checkUnique(String what, List<T> samples, Function<T, String> id) {
        if (samples.isEmpty()) {
            return refuse("EMPTY_REQUEST", what + ": expected at least one sample, got none");
        }
        Set<String> seen = new HashSet<>();
        for (T sample : samples) {
            if (id.apply(sample).isEmpty()) {
                return refuse("EMPTY_ID", what + ": a sample id is the empty text");
            }
            if (!seen.add(id.apply(sample))) {
                return refuse("DUPLICATE_SAMPLE", what + ": sample " + id.apply(sample) + " is named twice");
            }
        }
        return Optional.empty();
    }

    private static Set<String> distinct(List<String> ids) {
        return new java.util.LinkedHashSet<>(ids);
    }

    private static Optional<Refusal> refuse(String code, String reason) {
        return Optional.of(new Refusal(code, reason));
    }
}
