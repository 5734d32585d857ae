package dev.lethe.streams.client;

import dev.lethe.schemas.InfluencePart;
import dev.lethe.schemas.SampleInfluence;
import dev.lethe.schemas.TestInfluence;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.function.Function;

/**
 * Which training samples matter to the rows of a question, over all shards.
 *
 * @param version the published version that was asked
 * @param rows training samples looked at
 * @param groupRows samples of the group that the model has
 * @param tests one for each row of the question, in its order
 */
public record InfluenceAnswer(String modelId, long version, long rows, long groupRows, List<TestInfluence> tests) {

    /**
     * Puts the parts of all shards together.
     *
     * @param parts one of each shard, of one pass
     * @param top entries kept on each side of each row
     */
    static InfluenceAnswer of(Collection<InfluencePart> parts, int top) {
        InfluencePart any = parts.iterator().next();
        List<TestInfluence> tests = new ArrayList<>();
        for (int i = 0; i < any.getTests().size(); i++) {
            int test = i;
            tests.add(
                    merged(parts.stream().map(part -> part.getTests().get(test)).toList(), top));
        }
        return new InfluenceAnswer(
                any.getModelId(),
                any.getVersion(),
                parts.stream().mapToLong(InfluencePart::getRows).sum(),
                parts.stream().mapToLong(InfluencePart::getGroupRows).sum(),
                tests);
    }

    private static TestInfluence merged(List<TestInfluence> parts, int top) {
        var ascending =
                Comparator.comparingDouble(SampleInfluence::getInfluence).thenComparing(SampleInfluence::getSampleId);
        var descending = Comparator.<SampleInfluence>comparingDouble(item -> -item.getInfluence())
                .thenComparing(SampleInfluence::getSampleId);
        return new TestInfluence(
                first(parts, TestInfluence::getHelpful, descending, top),
                first(parts, TestInfluence::getHarmful, ascending, top),
                parts.stream().mapToDouble(TestInfluence::getGroup).sum());
    }

    private static List<SampleInfluence> first(
            List<TestInfluence> parts,
            Function<TestInfluence, List<SampleInfluence>> side,
            Comparator<SampleInfluence> order,
            int top) {
        return parts.stream()
                .flatMap(part -> side.apply(part).stream())
                .sorted(order)
                .limit(top)
                .toList();
    }
}
