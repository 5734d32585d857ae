package dev.lethe.streams.topology;

import dev.lethe.unlearn.network.KeptRows;
import dev.lethe.unlearn.network.Network;

/** The newest version of a network and what is kept of its rows. On the stream thread. */
final class LiveNetwork {
    private Network network;
    private KeptRows kept;

    /** Null before the first version. */
    Network network() {
        return network;
    }

    /** Null until the shards have sent them: no patch can be computed before. */
    KeptRows kept() {
        return kept;
    }

    void become(Network next) {
        network = next;
    }

    void keep(KeptRows rows) {
        kept = rows;
    }
}
