package dev.lethe.streams.cli.replay;

import dev.lethe.schemas.ModelSpec;
import dev.lethe.schemas.Sample;
import dev.lethe.streams.cli.Progress;
import dev.lethe.streams.cli.SampleMessages;
import dev.lethe.streams.client.LetheClient;
import dev.lethe.streams.client.Positions;
import dev.lethe.streams.config.Specs;
import dev.lethe.unlearn.format.RawSample;
import dev.lethe.unlearn.format.SampleFile;
import dev.lethe.unlearn.format.SampleFileException;
import dev.lethe.unlearn.format.SampleFiles;
import dev.lethe.unlearn.objective.Mapping;
import dev.lethe.unlearn.objective.RowMapper;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Reads the samples file into the service. Every row must be one of the dataset the model is made for; rows of a class
 * that the model does not have belong to the dataset, not to the model, as in the service.
 */
final class SampleLoader {
    private final ModelSpec spec;
    private final RowMapper mapper;
    private final Map<String, String> places = new HashMap<>();
    private long otherClass;
    private String firstOther;

    SampleLoader(ModelSpec spec) {
        this.spec = spec;
        this.mapper = Specs.mapper(spec);
    }

    /**
     * Loads all rows.
     *
     * @return how far they reach
     * @throws SampleFileException naming file and line of a row that does not fit, or has an id for the second time
     */
    Positions load(String file, LetheClient client, long timestamp) {
        try (SampleFile rows = SampleFiles.open(file, mapper.rawFeatures());
                Progress progress = Progress.start("samples loaded", -1)) {
            Iterable<Sample> messages = () -> rows.stream()
                    .map(row -> message(file, rows.place(), row, progress))
                    .iterator();
            Positions positions = client.putSamples(messages, timestamp);
            if (otherClass > 0 && otherClass == places.size()) {
                throw new SampleFileException(
                        file, "all rows", "no row has a class of the model; the first, " + firstOther);
            }
            return positions;
        }
    }

    /** What the user should know of the rows that are not in the model. */
    Optional<String> warning() {
        return otherClass == 0
                ? Optional.empty()
                : Optional.of("lethe: " + otherClass + " of " + places.size() + " samples are not in model "
                        + spec.getModelId() + ", which has no such class; the first: " + firstOther);
    }

    private Sample message(String file, String place, RawSample row, Progress progress) {
        if (mapper.map(row.features(), row.label(), row.weight()) instanceof Mapping.Misfit misfit) {
            if (!misfit.code().equals(Mapping.UNKNOWN_CLASS)) {
                throw new SampleFileException(file, place, misfit.reason());
            }
            otherClass++;
            firstOther = firstOther == null ? place + ": " + misfit.reason() : firstOther;
        }
        String earlier = places.putIfAbsent(row.id(), place);
        if (earlier != null) {
            throw new SampleFileException(
                    file,
                    place,
                    "sample_id: expected a new id, got \"" + row.id() + "\", which is the id of " + earlier + " too");
        }
        progress.step();
        return SampleMessages.of(spec.getDataset(), row);
    }

    /** Rows loaded. */
    long count() {
        return places.size();
    }
}
