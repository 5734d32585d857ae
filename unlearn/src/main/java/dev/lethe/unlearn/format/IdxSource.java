package dev.lethe.unlearn.format;

import dev.lethe.unlearn.objective.Decimals;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;

/** An IDX pair as of MNIST: an array of n images and one of n labels. */
final class IdxSource implements RowSource {
    private final IdxReader images;
    private final IdxReader labels;
    private final String file;
    private long row;

    IdxSource(Path images, Path labels, int features) throws IOException {
        this.file = images + "," + labels;
        this.images = new IdxReader(images);
        try {
            this.labels = new IdxReader(labels);
        } catch (IOException | RuntimeException e) {
            this.images.close();
            throw e;
        }
        try {
            requireShapes(features);
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    private void requireShapes(int features) {
        if (images.dimensions().length < 2 || labels.dimensions().length != 1) {
            throw new SampleFileException(
                    file,
                    null,
                    "expected images of 2 or more dimensions and labels of 1, got "
                            + Arrays.toString(images.dimensions()) + " and "
                            + Arrays.toString(labels.dimensions()) + "; the images come first");
        }
        if (images.dimensions()[0] != labels.dimensions()[0]) {
            throw new SampleFileException(
                    file,
                    null,
                    "expected as many labels as images, got " + images.dimensions()[0] + " images and "
                            + labels.dimensions()[0] + " labels");
        }
        if (features > 0 && images.width() != features) {
            throw new SampleFileException(
                    file, null, "expected " + features + " features per image, got " + images.width());
        }
    }

    @Override
    public RawSample next() throws IOException {
        if (row == images.dimensions()[0]) {
            images.requireEnd();
            labels.requireEnd();
            return null;
        }
        double[] values = images.row();
        double[] label = labels.row();
        if (!Arrays.stream(values).allMatch(Double::isFinite) || !Double.isFinite(label[0])) {
            throw new SampleFileException(file, place(), "expected finite numbers, got NaN or infinity");
        }
        RawSample sample = new RawSample(Long.toString(row), null, Decimals.text(label[0]), 1, values, row);
        row++;
        return sample;
    }

    @Override
    public int features() {
        return images.width();
    }

    @Override
    public String place() {
        return "row " + row;
    }

    @Override
    public void close() throws IOException {
        try (labels) {
            images.close();
        }
    }
}
