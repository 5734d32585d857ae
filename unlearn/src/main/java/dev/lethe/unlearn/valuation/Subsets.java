package dev.lethe.unlearn.valuation;

import dev.lethe.unlearn.objective.Row;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** Random subsets of rows, the same for the same seed: what the linear datamodelling score and memorisation train on. */
public final class Subsets {

    private final int rows;
    private final int size;
    private final long seed;

    /** @param fraction of the rows in each subset, in (0, 1) */
    public Subsets(int rows, double fraction, long seed) {
        if (!(fraction > 0 && fraction < 1)) {
            throw new IllegalArgumentException("subsets: expected a fraction in (0, 1), got " + fraction);
        }
        this.rows = rows;
        this.size = (int) Math.max(1, Math.round(fraction * rows));
        this.seed = seed;
    }

    /** Which rows are in subset {@code number}; whatever was asked before. */
    public boolean[] members(int number) {
        Random random = new Random(seed * 1_000_003 + number);
        int[] order = new int[rows];
        Arrays.setAll(order, i -> i);
        boolean[] in = new boolean[rows];
        for (int i = 0; i < size; i++) {
            int at = i + random.nextInt(rows - i);
            int drawn = order[at];
            order[at] = order[i];
            in[drawn] = true;
        }
        return in;
    }

    /** The complement. @param members Not modified. */
    public static boolean[] others(boolean[] members) {
        boolean[] others = new boolean[members.length];
        for (int i = 0; i < members.length; i++) {
            others[i] = !members[i];
        }
        return others;
    }

    /** The rows of a subset, in their order. */
    public static List<Row> of(List<Row> rows, boolean[] members) {
        List<Row> out = new ArrayList<>();
        for (int i = 0; i < members.length; i++) {
            if (members[i]) {
                out.add(rows.get(i));
            }
        }
        return out;
    }
}
