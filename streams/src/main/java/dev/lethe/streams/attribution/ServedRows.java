package dev.lethe.streams.attribution;

import dev.lethe.schemas.ComputedRow;
import dev.lethe.schemas.ComputedScore;
import dev.lethe.schemas.ModelSpec;
import dev.lethe.schemas.Sample;
import dev.lethe.streams.config.NetworkSpecs;
import dev.lethe.streams.config.Specs;
import dev.lethe.streams.topology.Doubles;
import dev.lethe.streams.topology.RowDigest;
import dev.lethe.unlearn.objective.Mapping.Fits;
import dev.lethe.unlearn.objective.Row;
import dev.lethe.unlearn.objective.RowMapper;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The rows that a served model is trained on, read from their topic, in the order of their ids; of a network in that of
 * their keys, in which the service trains it.
 *
 * @param contents digests of the samples as they were read
 */
public record ServedRows(List<String> ids, List<Row> rows, List<ByteBuffer> contents) {

    /** @param samples of the model's dataset; those that do not fit it or are held back for validation are left out */
    public static ServedRows of(ModelSpec spec, Map<String, Sample> samples) {
        var read = new ServedRows(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
        RowMapper mapper = Specs.mapper(spec);
        Predicate<String> trainedOn = Specs.trainedOn(spec);
        inOrder(spec, samples.keySet()).forEach(id -> {
            Sample sample = samples.get(id);
            var mapping = mapper.map(Doubles.toArray(sample.getFeatures()), sample.getLabel(), sample.getWeight());
            if (mapping instanceof Fits fits && trainedOn.test(id)) {
                read.ids.add(id);
                read.rows.add(fits.row());
                read.contents.add(RowDigest.of(sample.getFeatures(), sample.getLabel(), sample.getWeight()));
            }
        });
        return read;
    }

    private static Stream<String> inOrder(ModelSpec spec, Set<String> ids) {
        return NetworkSpecs.isNetwork(spec)
                ? ids.stream().sorted(Comparator.comparing(NetworkSpecs.keys(spec)::of))
                : ids.stream().sorted();
    }

    /** Names that are others when a sample is another one, or has changed. */
    public List<String> names() {
        return IntStream.range(0, ids.size())
                .mapToObj(i -> ids.get(i) + "@"
                        + HexFormat.of().formatHex(contents.get(i).array()))
                .toList();
    }

    /** The rows with what was computed of them. @param scores of each row, in their order; a row may have none */
    public List<ComputedRow> with(List<List<ComputedScore>> scores) {
        List<ComputedRow> scored = new ArrayList<>();
        for (int i = 0; i < ids.size(); i++) {
            if (!scores.get(i).isEmpty()) {
                scored.add(new ComputedRow(ids.get(i), contents.get(i), scores.get(i)));
            }
        }
        return scored;
    }
}
