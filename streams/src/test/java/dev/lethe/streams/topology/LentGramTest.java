package dev.lethe.streams.topology;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lethe.schemas.DeleteRequest;
import dev.lethe.schemas.ModelFamily;
import dev.lethe.schemas.ModelSpec;
import dev.lethe.schemas.Pass;
import dev.lethe.schemas.ReceiptStatus;
import dev.lethe.schemas.RelabelRequest;
import dev.lethe.schemas.Relabelling;
import dev.lethe.schemas.SettleUntil;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** A pass for a new factor sums K only where the factor before has none to hand on. */
class LentGramTest extends RiverCase {
    private static final int ROWS = 40;
    private static final ModelSpec MODEL = River.model("m", ModelFamily.LOGISTIC, 3, 0.5)
            .setClasses(List.of("no", "yes"))
            .build();

    LentGramTest() {
        super(20261125);
    }

    private void open() {
        for (int i = 0; i < ROWS; i++) {
            double[] x = random.doubles(3, -1, 1).toArray();
            put(River.sample("s" + i, "u", x[0] > 0 ? "yes" : "no", x));
        }
        open(MODEL);
    }

    /** More than the guard lets one step answer for. */
    private void turnMany() {
        List<Relabelling> turned = IntStream.range(0, 12)
                .mapToObj(i -> new Relabelling("s" + i, other("s" + i)))
                .toList();
        river.send(RelabelRequest.newBuilder()
                .setRequestId("turn")
                .setDataset(River.DATASET)
                .setSamples(turned)
                .build());
        turned.forEach(t -> expectLabel(t.getSampleId(), t.getLabel()));
    }

    private String other(String id) {
        return expected.get(id).getLabel().equals("yes") ? "no" : "yes";
    }

    private void delete(int from, int to) {
        List<String> ids = IntStream.range(from, to).mapToObj(i -> "s" + i).toList();
        river.send(new DeleteRequest("delete" + from, River.DATASET, ids, List.of(), null, null));
        expected.keySet().removeAll(ids);
    }

    private void shouldBeRetrained() {
        assertThat(river.settle(SettleUntil.SETTLED).getStatus()).isEqualTo(ReceiptStatus.APPLIED);
        latestShouldEqualRetrained(MODEL);
    }

    private List<Pass> withCurvature() {
        return river.passes().stream().filter(Pass::getCurvature).toList();
    }

    @Test
    void shouldAskForTheCurvatureAlone() {
        open();
        assertThat(withCurvature())
                .first()
                .satisfies(first -> assertThat(first.getGram())
                        .as("the first pass of a fit")
                        .isTrue());
        int before = river.passes().size();
        turnMany();
        shouldBeRetrained();
        assertThat(river.passes().subList(before, river.passes().size()))
                .filteredOn(Pass::getCurvature)
                .isNotEmpty()
                .allSatisfy(pass -> assertThat(pass.getGram()).isFalse());
    }

    @Test
    void shouldAskAgainWhenKIsLostWhileThePassIsUnderWay() {
        open();
        int before = river.passes().size();
        turnMany();
        assertThat(river.passes()).last().satisfies(pass -> {
            assertThat(pass.getCurvature()).isTrue();
            assertThat(pass.getGram()).isFalse();
        });
        // Each fits into one slice, so all are gone before the pass is answered.
        delete(12, 26);
        delete(26, ROWS);
        shouldBeRetrained();
        List<Pass> asked = river.passes().subList(before, river.passes().size());
        assertThat(asked.get(1).getTheta())
                .as("asked again at the same place")
                .isEqualTo(asked.get(0).getTheta());
        assertThat(asked.get(1).getCurvature() && asked.get(1).getGram()).isTrue();
    }
}
