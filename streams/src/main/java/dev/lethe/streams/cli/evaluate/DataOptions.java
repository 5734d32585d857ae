package dev.lethe.streams.cli.evaluate;

import dev.lethe.schemas.ModelSpec;
import dev.lethe.streams.LetheException;
import dev.lethe.streams.config.ModelFile;
import dev.lethe.streams.config.Specs;
import dev.lethe.unlearn.format.RawSample;
import dev.lethe.unlearn.format.SampleFile;
import dev.lethe.unlearn.format.SampleFiles;
import dev.lethe.unlearn.objective.Mapping;
import dev.lethe.unlearn.objective.Objective;
import dev.lethe.unlearn.objective.Row;
import dev.lethe.unlearn.objective.RowMapper;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Random;
import java.util.function.IntPredicate;
import picocli.CommandLine.Option;

/** The model and the files an evaluation works on. */
final class DataOptions {

    @Option(names = "--model", paramLabel = "FILE", required = true, description = "Model definition (YAML).")
    private Path model;

    @Option(
            names = "--samples",
            paramLabel = "FILE",
            required = true,
            description =
                    "Training rows: CSV, .npz, Parquet, LIBSVM, a pair X.npy,y.npy, or an IDX pair images,labels; also"
                            + " gzipped.")
    private String samples;

    @Option(
            names = "--test",
            paramLabel = "FILE",
            description = "Test rows (default: some rows of --samples; which, the command says).")
    private String test;

    @Option(
            names = "--limit",
            paramLabel = "N",
            defaultValue = "2147483647",
            description = "Read the first N rows of --samples only.")
    private int limit;

    @Option(names = "--test-limit", paramLabel = "N", defaultValue = "2147483647", description = "The same for --test.")
    private int testLimit;

    @Option(
            names = "--pool",
            description =
                    "Square images: average 2 x 2 pixels first (28 x 28 becomes 14 x 14; the model has 196 features).")
    private boolean pool;

    /**
     * What was read.
     *
     * @param ids of the training rows
     * @param subjects of the training rows; null where a row has none
     * @param features raw, of the training rows
     */
    record Data(
            ModelSpec spec,
            Objective objective,
            List<String> ids,
            List<String> subjects,
            List<double[]> features,
            List<Row> training,
            List<double[]> testFeatures,
            List<Row> test) {

        /** Positions of some training rows, drawn at random; of all of them if there are no more. */
        int[] some(int most, long seed) {
            return new Random(seed)
                    .ints(0, training.size())
                    .distinct()
                    .limit(Math.min(most, training.size()))
                    .toArray();
        }
    }

    /**
     * Which rows are test rows where no file has them.
     *
     * @param chosen by their positions
     * @param trainedOn whether they are training rows as well
     */
    record Tests(IntPredicate chosen, boolean trainedOn) {
        /** Every fifth row, not trained on. */
        static final Tests HELD_OUT = new Tests(i -> i % 5 == 4, false);
    }

    /** Whether there is a file of test rows. */
    boolean hasTestFile() {
        return test != null;
    }

    /** Reads everything. @throws LetheException if there are no training or no test rows */
    Data read(Tests tests) {
        ModelSpec spec = ModelFile.read(model);
        Read all = read(samples, limit, spec);
        Read asked = test == null ? all.only(tests.chosen) : read(test, testLimit, spec);
        Read trained = test == null && !tests.trainedOn ? all.only(tests.chosen.negate()) : all;
        if (trained.rows.isEmpty() || asked.rows.isEmpty()) {
            throw new LetheException("expected training and test rows that fit the model, got " + trained.rows.size()
                    + " and " + asked.rows.size());
        }
        return new Data(
                spec,
                Specs.objective(spec),
                trained.ids,
                trained.subjects,
                trained.features,
                trained.rows,
                asked.features,
                asked.rows);
    }

    private record Read(List<String> ids, List<String> subjects, List<double[]> features, List<Row> rows) {

        Read() {
            this(new ArrayList<>(), new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
        }

        void add(String id, String subject, double[] raw, Row row) {
            ids.add(id);
            subjects.add(subject);
            features.add(raw);
            rows.add(row);
        }

        Read only(IntPredicate chosen) {
            Read part = new Read();
            for (int i = 0; i < rows.size(); i++) {
                if (chosen.test(i)) {
                    part.add(ids.get(i), subjects.get(i), features.get(i), rows.get(i));
                }
            }
            return part;
        }
    }

    private Read read(String file, int most, ModelSpec spec) {
        RowMapper mapper = Specs.mapper(spec);
        Read read = new Read();
        try (SampleFile open = SampleFiles.open(file, pool ? 0 : spec.getFeatures())) {
            for (Iterator<RawSample> rows = open.iterator(); read.rows.size() < most && rows.hasNext(); ) {
                RawSample raw = rows.next();
                double[] features = pool ? Images.pooled(raw.features()) : raw.features();
                Mapping mapping = mapper.map(features, raw.label(), raw.weight());
                if (mapping instanceof Mapping.Misfit misfit) {
                    throw new LetheException(file + ": " + open.place() + ": " + misfit.reason());
                }
                read.add(raw.id(), raw.subject(), features, ((Mapping.Fits) mapping).row());
            }
        }
        return read;
    }
}
