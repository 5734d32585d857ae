package dev.lethe.unlearn.format;

import java.util.ArrayList;
import java.util.List;

/**
 * Which column of a CSV file is what: {@code sample_id} and {@code label} are required, {@code subject_id} and
 * {@code weight} optional, every other column is a feature, in file order.
 *
 * @param fields columns in all
 * @param id column of the sample id
 * @param subject column of the subject, or −1
 * @param label column of the label
 * @param weight column of the weight, or −1
 * @param features columns of the features
 * @param names all column names
 */
record CsvHeader(int fields, int id, int subject, int label, int weight, int[] features, List<String> names) {
    static final String SAMPLE_ID = "sample_id";
    static final String SUBJECT_ID = "subject_id";
    static final String LABEL = "label";
    static final String WEIGHT = "weight";
    static final String EXAMPLE = SAMPLE_ID + "," + SUBJECT_ID + "," + LABEL + ",<features...>";

    /** Reads the first record. Its texts are not quoted in errors: in a file without a header they are data. */
    static CsvHeader of(String file, List<String> fields) {
        List<String> names = fields.stream().map(String::trim).toList();
        int id = find(file, names, SAMPLE_ID, true);
        int subject = find(file, names, SUBJECT_ID, false);
        int label = find(file, names, LABEL, true);
        int weight = find(file, names, WEIGHT, false);
        List<Integer> features = new ArrayList<>();
        for (int i = 0; i < names.size(); i++) {
            if (i != id && i != subject && i != label && i != weight) {
                features.add(i);
            }
        }
        if (features.isEmpty()) {
            throw new SampleFileException(file, "header", "expected at least one feature column, got none");
        }
        int[] columns = features.stream().mapToInt(Integer::intValue).toArray();
        return new CsvHeader(names.size(), id, subject, label, weight, columns, names);
    }

    private static int find(String file, List<String> names, String name, boolean required) {
        int first = names.indexOf(name);
        if (first < 0 && required) {
            throw new SampleFileException(
                    file,
                    "header",
                    "expected a column '" + name + "', got " + names.size()
                            + " columns without it; the first line must be " + EXAMPLE);
        }
        if (first != names.lastIndexOf(name)) {
            throw new SampleFileException(file, "header", "expected one column '" + name + "', got several");
        }
        return first;
    }
}
