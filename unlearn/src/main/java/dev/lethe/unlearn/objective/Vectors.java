package dev.lethe.unlearn.objective;

/** Plain vector arithmetic on the heap, for lengths where a native call costs more than the work. */
public final class Vectors {

    private Vectors() {}

    public static double dot(double[] a, double[] b) {
        return dot(a, 0, b);
    }

    /**
     * Σ a[from + i]·b[i] over all of b. Four partial sums: one alone waits for every addition before the next, and is 3
     * times slower at 784 values.
     */
    public static double dot(double[] a, int from, double[] b) {
        double s0 = 0;
        double s1 = 0;
        double s2 = 0;
        double s3 = 0;
        int i = 0;
        for (; i < b.length - 3; i += 4) {
            s0 += a[from + i] * b[i];
            s1 += a[from + i + 1] * b[i + 1];
            s2 += a[from + i + 2] * b[i + 2];
            s3 += a[from + i + 3] * b[i + 3];
        }
        for (; i < b.length; i++) {
            s0 += a[from + i] * b[i];
        }
        return (s0 + s1) + (s2 + s3);
    }

    public static double norm(double[] a) {
        return Math.sqrt(dot(a, a));
    }

    /** a − b, a new vector. */
    public static double[] minus(double[] a, double[] b) {
        double[] out = new double[a.length];
        for (int i = 0; i < a.length; i++) {
            out[i] = a[i] - b[i];
        }
        return out;
    }

    /** a + scale·b, a new vector. */
    public static double[] plus(double[] a, double scale, double[] b) {
        double[] out = new double[a.length];
        for (int i = 0; i < a.length; i++) {
            out[i] = a[i] + scale * b[i];
        }
        return out;
    }

    /** Whether every entry is a finite number. */
    public static boolean finite(double[] a) {
        for (double v : a) {
            if (!Double.isFinite(v)) {
                return false;
            }
        }
        return true;
    }

    /** Position of the largest value, the first of several. @param values at least one. Not modified. */
    public static int largest(double[] values) {
        int best = 0;
        for (int i = 1; i < values.length; i++) {
            best = values[i] > values[best] ? i : best;
        }
        return best;
    }
}
