package dev.lethe.unlearn.validation;

/**
 * Which samples are kept back from training. It goes by the id alone, so that a sample is on the same side in every shard,
 * for every model with the same fraction, for ever; with a larger fraction the smaller one's samples stay kept back.
 *
 * @param fraction share that is kept back; 0: none
 */
public record Holdout(double fraction) {
    /** Nothing is kept back. */
    public static final Holdout NONE = new Holdout(0);

    private static final double UNIT = 0x1.0p-53;

    public Holdout {
        if (!(fraction >= 0 && fraction < 1)) {
            throw new IllegalArgumentException("fraction: expected 0 <= fraction < 1, got " + fraction);
        }
    }

    /** Whether this sample is kept back. */
    public boolean contains(String sampleId) {
        return fraction > 0 && uniform(sampleId) < fraction;
    }

    /** FNV-1a over the characters, finished as SplitMix64 does (Steele, Lea, Flood 2014), in [0, 1). */
    private static double uniform(String id) {
        long hash = 0xcbf29ce484222325L;
        for (int i = 0; i < id.length(); i++) {
            hash = (hash ^ id.charAt(i)) * 0x100000001b3L;
        }
        hash = (hash ^ hash >>> 30) * 0xbf58476d1ce4e5b9L;
        hash = (hash ^ hash >>> 27) * 0x94d049bb133111ebL;
        return ((hash ^ hash >>> 31) >>> 11) * UNIT;
    }
}
