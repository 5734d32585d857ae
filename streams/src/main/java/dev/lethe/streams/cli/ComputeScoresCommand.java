package dev.lethe.streams.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lethe.schemas.ComputedScore;
import dev.lethe.schemas.ModelFamily;
import dev.lethe.schemas.ModelSpec;
import dev.lethe.schemas.ModelVersion;
import dev.lethe.streams.LetheException;
import dev.lethe.streams.attribution.Ranking;
import dev.lethe.streams.attribution.ServedRows;
import dev.lethe.streams.cli.evaluate.SubsetModels;
import dev.lethe.streams.cli.evaluate.SubsetOptions;
import dev.lethe.streams.client.LetheClient;
import dev.lethe.streams.config.NetworkSpecs;
import dev.lethe.streams.config.Specs;
import dev.lethe.unlearn.network.Network;
import dev.lethe.unlearn.network.Trainer;
import dev.lethe.unlearn.network.TrainingListener;
import dev.lethe.unlearn.objective.Row;
import dev.lethe.unlearn.valuation.Memorisation;
import dev.lethe.unlearn.valuation.NetworkScores;
import dev.lethe.unlearn.valuation.Prototypes;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Scores that take the whole dataset in one place, or many models: a job beside the service. */
@Command(
        name = "compute",
        description = {
            "Computes, in this process, scores that no shard can make of its own rows, and gives them to the shards, which"
                    + " show them with the others until the sample is changed or erased. Each says of which version it"
                    + " is; with --every they are renewed as long as this process runs. Exit code 3: too few models for some"
                    + " samples.",
            "",
            "memorisation: how much likelier a sample is predicted right by models that saw it than by models that did not"
                    + " (Feldman and Zhang 2020), with its standard error, from models on random subsets.",
            "el2n-epochs: mean over the epochs of a network's training of the length of the error vector (Paul et al. 2021).",
            "prototype: distance to the nearest of some centres of the sample's class, by k-means on the features or what"
                    + " the model's extractor makes of them (Sorscher et al. 2022)."
        },
        footer = {
            "",
            "Example:",
            "  lethe scores compute --model digits --score memorisation,prototype --models 100 --state memorised.json",
            "  lethe scores compute --model digits --score prototype --every 600"
        })
final class ComputeScoresCommand extends ClientCommand {
    @Option(names = "--model", paramLabel = "MODEL", required = true, description = "Model id.")
    private String model;

    @Option(
            names = "--score",
            paramLabel = "NAME",
            split = ",",
            required = true,
            description = "memorisation, el2n-epochs or prototype, or several.")
    private List<String> wanted;

    @Option(
            names = "--prototypes",
            paramLabel = "N",
            defaultValue = "10",
            description = "Centres of each class (default: ${DEFAULT-VALUE}).")
    private int prototypes;

    @Mixin
    private SubsetOptions subsets;

    @Option(names = "--seed", paramLabel = "N", defaultValue = "1", description = "Default: ${DEFAULT-VALUE}.")
    private long seed;

    @Option(
            names = "--wait",
            paramLabel = "SECONDS",
            defaultValue = "120",
            description = "How many seconds to wait for all shards (default: ${DEFAULT-VALUE}).")
    private int wait;

    @Option(
            names = "--every",
            paramLabel = "SECONDS",
            description = "Go on until interrupted: compute again when a newer version is out, no oftener than this.")
    private Integer every;

    @Mixin
    private OutsideClaimOption outsideClaim;

    @Override
    void check() {
        if (every != null && (every < 1 || subsets.keepsState())) {
            throw usage("--every: expected at least 1, and no --state, which is of one set of rows");
        }
        for (String name : wanted) {
            if (!Ranking.computed(name)) {
                throw usage("--score: expected memorisation, el2n-epochs or prototype, got " + name);
            }
        }
        if (prototypes < 1) {
            throw usage("--prototypes: expected at least 1, got " + prototypes);
        }
    }

    @Override
    int run(LetheClient client) {
        Columns columns = compute(client);
        while (every != null && pause()) {
            columns = renewed(client, columns);
        }
        return columns.missing == 0 ? Lethe.DONE : Lethe.TO_DO;
    }

    /** Whether to go on. */
    private boolean pause() {
        try {
            Thread.sleep(seconds(every).toMillis());
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /** A service that does not answer now may answer later. */
    private Columns renewed(LetheClient client, Columns before) {
        try {
            ModelVersion newest = client.latestVersions().get(model);
            return newest == null || newest.getVersion() == before.version ? before : compute(client);
        } catch (LetheException e) {
            warn(e.getMessage() + "; tried again in " + every + " s");
            return before;
        }
    }

    private Columns compute(LetheClient client) {
        ModelSpec spec = ModelCommand.require(client, model);
        outsideClaim.require(spec);
        requireHas(spec);
        ModelVersion version = client.latestVersions().get(model);
        ServedRows rows = ServedRows.of(spec, client.samples(spec.getDataset()));
        if (version == null || rows.ids().isEmpty()) {
            throw new LetheException("model " + model + ": expected a published version and samples that fit it");
        }
        Columns columns = new Columns(version.getVersion(), rows.ids().size());
        compute(spec, rows, columns);
        client.attributions().publish(model, rows.with(columns.scores));
        client.attributions().refresh(model, seconds(wait));
        output().one(columns.summary(object().put("model", model)));
        return columns;
    }

    private void requireHas(ModelSpec spec) {
        if (spec.getFamily() == ModelFamily.RIDGE) {
            throw new LetheException("model " + model + ": these scores are of models with classes, and it has none");
        }
        if (asks(Ranking.EL2N_EPOCHS) && !NetworkSpecs.isNetwork(spec)) {
            throw new LetheException("model " + model
                    + ": a linear model is fitted in Newton steps and has no epochs; el2n-epochs is of networks");
        }
    }

    private boolean asks(Ranking score) {
        return wanted.contains(score.id());
    }

    private void compute(ModelSpec spec, ServedRows rows, Columns columns) {
        if (asks(Ranking.PROTOTYPE)) {
            columns.add(Ranking.PROTOTYPE, Prototypes.distances(rows.rows(), prototypes, seed), null);
        }
        if (asks(Ranking.EL2N_EPOCHS)) {
            NetworkScores epochs = new NetworkScores(rows.rows());
            train(spec, rows.rows(), epochs);
            columns.add(Ranking.EL2N_EPOCHS, epochs.el2nOverEpochs(), null);
        }
        if (asks(Ranking.MEMORISATION)) {
            SubsetModels.Trained trained = NetworkSpecs.isNetwork(spec)
                    ? SubsetModels.network(on -> train(spec, on, TrainingListener.NONE))
                    : SubsetModels.linear(Specs.objective(spec));
            Memorisation counts = subsets.models(seed).memorisation(rows.names(), rows.rows(), trained);
            columns.add(Ranking.MEMORISATION, counts.scores(), counts.errors());
        }
    }

    /** As the service trains it. */
    private static Network train(ModelSpec spec, List<Row> rows, TrainingListener listener) {
        var trainer = new Trainer(
                NetworkSpecs.architecture(spec), NetworkSpecs.loss(spec), NetworkSpecs.plan(spec), rows, new BitSet());
        return trainer.train(listener);
    }

    /** Scores of each row, on their way to their messages. */
    private static final class Columns {
        private final long version;
        private final List<List<ComputedScore>> scores = new ArrayList<>();
        private long missing;

        Columns(long version, int rows) {
            this.version = version;
            for (int i = 0; i < rows; i++) {
                scores.add(new ArrayList<>());
            }
        }

        /** @param values one per row; NaN: it has none */
        void add(Ranking name, double[] values, double[] errorsOrNull) {
            for (int i = 0; i < values.length; i++) {
                Double error = errorsOrNull == null ? null : Double.valueOf(errorsOrNull[i]);
                if (Double.isNaN(values[i])) {
                    missing++;
                } else {
                    scores.get(i).add(new ComputedScore(name.id(), values[i], error, version));
                }
            }
        }

        ObjectNode summary(ObjectNode json) {
            return json.put("version", version).put("samples", scores.size()).put("without", missing);
        }
    }
}
