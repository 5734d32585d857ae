package dev.lethe.streams.cli.demo;

/**
 * A digit of the demo.
 *
 * @param id sample id
 * @param subject whose it is; null for a test row
 * @param features raw pixel counts; not copied
 * @param label the label it is sent with
 * @param trueLabel what the image shows
 */
record DemoSample(String id, String subject, double[] features, String label, String trueLabel) {

    boolean mislabelled() {
        return !label.equals(trueLabel);
    }

    DemoSample withTrueLabel() {
        return new DemoSample(id, subject, features, trueLabel, trueLabel);
    }
}
