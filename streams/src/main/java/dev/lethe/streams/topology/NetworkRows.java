package dev.lethe.streams.topology;

import dev.lethe.schemas.ModelSpec;
import dev.lethe.schemas.Pass;
import dev.lethe.streams.config.NetworkSpecs;
import dev.lethe.streams.store.RowCut;
import dev.lethe.unlearn.network.KeptRows;
import dev.lethe.unlearn.network.KeyedRow;
import dev.lethe.unlearn.network.RowKeys;
import dev.lethe.unlearn.network.TrainingSet;

/** What a shard answers to a network's pass: its rows, all of them or those worth keeping. */
final class NetworkRows {
    private NetworkRows() {}

    /** Memory that a network's rows may take, here and where they come together: a quarter of the heap. */
    static long limit() {
        return Runtime.getRuntime().maxMemory() / 4;
    }

    static byte[] of(ModelSpec spec, Pass pass, RowCut cut) {
        return pass.getGather() ? all(spec, cut) : kept(spec, Doubles.toArray(pass.getTheta()), cut);
    }

    private static byte[] all(ModelSpec spec, RowCut cut) {
        RowKeys keys = NetworkSpecs.keys(spec);
        TrainingSet rows = new TrainingSet(keys, limit());
        cut.forEach(row -> rows.add(new KeyedRow(keys.of(cut.sampleId()), row)), rows::misfit);
        return rows.encode();
    }

    private static byte[] kept(ModelSpec spec, double[] theta, RowCut cut) {
        RowKeys keys = NetworkSpecs.keys(spec);
        KeptRows kept = new KeptRows(keys, spec.getNetwork().getSample());
        KeptRows.Offering offering = kept.offering(NetworkSpecs.network(spec, theta));
        cut.forEach(row -> offering.add(new KeyedRow(keys.of(cut.sampleId()), row)), offering::misfit);
        offering.end();
        return kept.encode();
    }
}
