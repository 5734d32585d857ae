package dev.lethe.streams;

import dev.lethe.schemas.DeleteRequest;
import dev.lethe.schemas.ModelReceipt;
import dev.lethe.schemas.ModelSpec;
import dev.lethe.schemas.ModelVersion;
import dev.lethe.schemas.Receipt;
import dev.lethe.schemas.ReceiptStatus;
import dev.lethe.schemas.RequestType;
import dev.lethe.schemas.SettleRequest;
import dev.lethe.schemas.VersionKind;
import dev.lethe.streams.topology.Doubles;
import dev.lethe.streams.topology.Topics;
import dev.lethe.streams.topology.TopologySettings;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.processor.api.ContextualProcessor;
import org.apache.kafka.streams.processor.api.Record;

/**
 * Stands in for the real topology where only the plumbing around it is tested: every model gets version 1 with zero
 * parameters, every delete request a receipt, a repeated request id a CONFLICT.
 */
public final class FakeTopology {
    private FakeTopology() {}

    public static Topology build(TopologySettings settings) {
        Topics topics = settings.topics();
        StringDeserializer keys = new StringDeserializer();
        StringSerializer names = new StringSerializer();
        return new Topology()
                .addSource(
                        "requests",
                        keys,
                        topics.requests().values().deserializer(),
                        topics.requests().name())
                .addSource(
                        "models",
                        keys,
                        topics.models().values().deserializer(),
                        topics.models().name())
                .addSource(
                        "samples",
                        keys,
                        topics.samples().values().deserializer(),
                        topics.samples().name())
                .addProcessor("answer", Answer::new, "requests")
                .addProcessor("open", Open::new, "models")
                .addProcessor("swallow", Swallow::new, "samples")
                .addSink(
                        "receipts",
                        topics.receipts().name(),
                        names,
                        topics.receipts().values().serializer(),
                        "answer")
                .addSink(
                        "versions",
                        topics.versions().name(),
                        names,
                        topics.versions().values().serializer(),
                        "open")
                .addSink(
                        "latest",
                        topics.latestVersions().name(),
                        names,
                        topics.latestVersions().values().serializer(),
                        "open");
    }

    private static final class Swallow extends ContextualProcessor<String, SpecificRecord, String, SpecificRecord> {
        @Override
        public void process(Record<String, SpecificRecord> record) {
            // being consumed is all that is asked for
        }
    }

    private static final class Open extends ContextualProcessor<String, ModelSpec, String, ModelVersion> {
        @Override
        public void process(Record<String, ModelSpec> record) {
            context().forward(record.withValue(version(record.value())));
        }
    }

    private static final class Answer extends ContextualProcessor<String, SpecificRecord, String, Receipt> {
        private final Map<String, SpecificRecord> known = new HashMap<>();

        @Override
        public void process(Record<String, SpecificRecord> record) {
            SpecificRecord request = record.value();
            String id = (String) request.get(0);
            SpecificRecord before = known.putIfAbsent(id, request);
            if (before == null || !before.equals(request)) {
                context().forward(new Record<>(id, receipt(id, request, before != null), record.timestamp()));
            }
        }

        private Receipt receipt(String id, SpecificRecord request, boolean conflict) {
            var at = context().recordMetadata().orElseThrow();
            return Receipt.newBuilder()
                    .setRequestId(id)
                    .setDataset((String) request.get(1))
                    .setType(request instanceof SettleRequest ? RequestType.SETTLE : RequestType.DELETE)
                    .setStatus(conflict ? ReceiptStatus.REFUSED : ReceiptStatus.APPLIED)
                    .setApplied(
                            request instanceof DeleteRequest d ? d.getSamples().size() : 0)
                    .setUnknown(0)
                    .setAlreadyErased(0)
                    .setRefused(0)
                    .setModels(List.of(ModelReceipt.newBuilder()
                            .setModelId("m")
                            .setVersion(1L)
                            .build()))
                    .setReasonCode(conflict ? "CONFLICT" : null)
                    .setReason(conflict ? "used before with other content" : null)
                    .setTopic(at.topic())
                    .setPartition(at.partition())
                    .setOffset(at.offset())
                    .setRequestTime(0)
                    .setReceiptTime(0)
                    .build();
        }
    }

    private static ModelVersion version(ModelSpec spec) {
        int outputs = Math.max(1, spec.getClasses().size());
        int columns = spec.getFeatures() + 1;
        return ModelVersion.newBuilder()
                .setModelId(spec.getModelId())
                .setDataset(spec.getDataset())
                .setVersion(1)
                .setDigest("0".repeat(64))
                .setKind(VersionKind.EXACT)
                .setTheta(Doubles.toBuffer(new double[outputs * columns]))
                .setOutputs(outputs)
                .setColumns(columns)
                .setReliedOn(List.of())
                .setRows(0)
                .setRowsRefused(0)
                .setChangesSinceAnchor(0)
                .setMethod("fake")
                .setRequests(0)
                .setSoftware("fake")
                .setPlatform("fake")
                .setCreatedAt(0)
                .build();
    }
}
