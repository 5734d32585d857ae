package dev.lethe.streams.topology;

/**
 * Says of most ids that are not in a store that they are not: a Bloom filter (Bloom 1970) of fixed size. Where it cannot
 * say, the store is asked; with many more ids than it has room for that is always so.
 *
 * <p>Asking RocksDB for a key that it does not have is dear: its binding for Java throws inside the native library.
 */
final class KnownIds {
    /** 1 MiB, with which a million ids are mistaken for known ones in 1 of 48 cases (Bloom's formula). */
    private static final int WORDS = 1 << 17;

    private static final int PROBES = 4;

    private final long[] bits = new long[WORDS];

    void add(String id) {
        long hash = spread(id);
        for (int i = 0; i < PROBES; i++) {
            bits[word(hash, i)] |= bit(hash, i);
        }
    }

    /** False: it was never added. */
    boolean mayContain(String id) {
        long hash = spread(id);
        for (int i = 0; i < PROBES; i++) {
            if ((bits[word(hash, i)] & bit(hash, i)) == 0) {
                return false;
            }
        }
        return true;
    }

    /** The finaliser of MurmurHash3: each bit of the input changes half of the bits. */
    private static long spread(String id) {
        long hash = id.hashCode();
        hash = (hash ^ hash >>> 33) * 0xff51afd7ed558ccdL;
        hash = (hash ^ hash >>> 33) * 0xc4ceb9fe1a85ec53L;
        return hash ^ hash >>> 33;
    }

    /** Each probe is another combination of the hash's halves (Kirsch and Mitzenmacher 2006). */
    private static int probe(long hash, int number) {
        return (int) hash + number * (int) (hash >>> 32 | 1);
    }

    private static int word(long hash, int number) {
        return probe(hash, number) >>> 6 & WORDS - 1;
    }

    private static long bit(long hash, int number) {
        return 1L << probe(hash, number);
    }
}
