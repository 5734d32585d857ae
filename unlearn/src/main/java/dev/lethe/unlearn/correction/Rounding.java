package dev.lethe.unlearn.correction;

/** The measure of float64 rounding that all slacks and floors use. */
final class Rounding {

    /** 16 ulp of 1: sums of n terms in blocks err by about √n/16 ulp of their size at n = 65 000, and less below. */
    static final double UNIT = 16 * Math.ulp(1.0);

    private Rounding() {}
}
