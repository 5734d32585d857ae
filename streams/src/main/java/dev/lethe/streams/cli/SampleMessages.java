package dev.lethe.streams.cli;

import dev.lethe.schemas.Sample;
import dev.lethe.streams.topology.Doubles;
import dev.lethe.unlearn.format.RawSample;

/** Rows of files as messages. */
public final class SampleMessages {
    private SampleMessages() {}

    /** The message of a row. */
    public static Sample of(String dataset, RawSample row) {
        return Sample.newBuilder()
                .setDataset(dataset)
                .setSampleId(row.id())
                .setSubjectId(row.subject())
                .setFeatures(Doubles.toBuffer(row.features()))
                .setLabel(row.label())
                .setWeight(row.weight())
                .build();
    }
}
