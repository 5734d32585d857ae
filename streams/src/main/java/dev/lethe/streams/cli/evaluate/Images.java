package dev.lethe.streams.cli.evaluate;

import dev.lethe.streams.LetheException;

/** Square grey images as rows of numbers. */
final class Images {

    private Images() {}

    /** The side of a square image of so many pixels, or 0 if it is none. */
    static int side(int pixels) {
        int side = (int) Math.round(Math.sqrt(pixels));
        return side * side == pixels ? side : 0;
    }

    /** Averages of 2 × 2 pixels. @param pixels Not modified. */
    static double[] pooled(double[] pixels) {
        int side = side(pixels.length);
        if (side == 0 || side % 2 != 0) {
            throw new LetheException(
                    "--pool: expected square images with an even side, got rows of " + pixels.length + " features");
        }
        int half = side / 2;
        double[] out = new double[half * half];
        for (int i = 0; i < out.length; i++) {
            int at = i / half * 2 * side + i % half * 2;
            out[i] = (pixels[at] + pixels[at + 1] + pixels[at + side] + pixels[at + side + 1]) / 4;
        }
        return out;
    }
}
