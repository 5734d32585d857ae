package dev.lethe.unlearn.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.lethe.unlearn.objective.Row;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.util.List;
import org.junit.jupiter.api.Test;

class TorchTest {

    private static long directBytes() {
        return ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
                .filter(pool -> pool.getName().equals("direct"))
                .mapToLong(BufferPoolMXBean::getTotalCapacity)
                .sum();
    }

    /** It would be freed when the heap is collected next, which a busy service does once in many patches. */
    @Test
    void shouldLeaveNoMemoryToTheGarbageCollector() {
        Network network = Networks.all().findFirst().orElseThrow();
        List<Row> rows = Networks.rows(network, 100, 5);
        double[] direction = Networks.vector(network.theta().length, 6, 1);
        network.gradient(rows);
        long before = directBytes();
        for (int i = 0; i < 20; i++) {
            try (GaussNewton curvature = new GaussNewton(network, rows, 1)) {
                curvature.times(direction);
            }
        }
        // DJL makes a scalar of a formula so, a few bytes each; not the parameters, rows and directions.
        assertThat(directBytes()).isLessThan(before + (long) direction.length * Double.BYTES);
    }

    @Test
    void shouldTakeAPartOfTheValues() {
        try (NDManager manager = Torch.newManager()) {
            NDArray array = Torch.array(manager, new double[] {1, 2, 3, 4, 5}, 1, 4, Torch.shape(2, 2));
            assertThat(Torch.read(array)).containsExactly(2, 3, 4, 5);
            assertThat(array.getDouble(1, 0)).isEqualTo(4);
            assertThatThrownBy(() -> Torch.array(manager, new double[5], 1, 3, Torch.shape(2, 2)))
                    .hasMessage("array: expected 4 values for (2, 2), got 3");
        }
    }
}
