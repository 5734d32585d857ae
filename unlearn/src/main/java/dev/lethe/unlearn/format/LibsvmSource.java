package dev.lethe.unlearn.format;

import dev.lethe.unlearn.objective.Decimals;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.util.BitSet;

/** LIBSVM lines {@code label index:value …}: indices from 1, absent features are 0, {@code #} begins a comment. */
final class LibsvmSource implements RowSource {
    private final String file;
    private final BufferedReader in;
    private final int features;
    private long line;
    private long row;

    LibsvmSource(String file, InputStream in, int features) throws IOException {
        if (features < 1) {
            throw new SampleFileException(
                    file, null, "LIBSVM files do not say how many features there are; give the count");
        }
        this.file = file;
        this.in = new BufferedReader(InputFiles.utf8(in));
        this.features = features;
    }

    @Override
    public RawSample next() throws IOException {
        for (String text = in.readLine(); text != null; text = in.readLine()) {
            line++;
            int comment = text.indexOf('#');
            String content = (comment < 0 ? text : text.substring(0, comment)).trim();
            if (!content.isEmpty()) {
                String[] tokens = content.split("\\s+");
                return new RawSample(Long.toString(row++), null, label(tokens), 1, values(tokens), line);
            }
        }
        return null;
    }

    private String label(String[] tokens) {
        if (tokens[0].indexOf(':') >= 0) {
            throw wrong("expected a label first, got a feature");
        }
        return tokens[0];
    }

    private double[] values(String[] tokens) {
        double[] values = new double[features];
        BitSet seen = new BitSet(features);
        for (int i = 1; i < tokens.length; i++) {
            int colon = tokens[i].indexOf(':');
            if (colon < 1) {
                throw wrong("entry " + i + ": expected index:value");
            }
            int index = index(tokens[i].substring(0, colon), i);
            if (seen.get(index)) {
                throw wrong("entry " + i + ": expected each index once, got index " + index + " again");
            }
            seen.set(index);
            values[index - 1] = Decimals.parse(tokens[i].substring(colon + 1));
            if (Double.isNaN(values[index - 1])) {
                throw wrong("index " + index + ": expected a finite decimal number");
            }
        }
        return values;
    }

    private int index(String text, int entry) {
        try {
            int index = Integer.parseInt(text);
            if (index >= 1 && index <= features) {
                return index;
            }
            throw wrong("entry " + entry + ": expected an index from 1 to " + features + ", got " + index
                    + (index == 0 ? "; indices begin at 1" : ""));
        } catch (NumberFormatException e) {
            throw wrong("entry " + entry + ": expected an index from 1 to " + features + " before the colon");
        }
    }

    @Override
    public int features() {
        return features;
    }

    @Override
    public String place() {
        return "after line " + line;
    }

    private SampleFileException wrong(String problem) {
        return new SampleFileException(file, "line " + line, problem);
    }

    @Override
    public void close() throws IOException {
        in.close();
    }
}
