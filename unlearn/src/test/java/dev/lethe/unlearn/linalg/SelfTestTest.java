package dev.lethe.unlearn.linalg;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class SelfTestTest {

    @Test
    void shouldPassOnThisMachine() {
        assertThatCode(SelfTest::run).doesNotThrowAnyException();
    }

    @Test
    void shouldNameVersionAndCoreType() {
        assertThat(SelfTest.platform()).matches("OpenBLAS \\d+\\.\\d+\\.\\d+\\S* \\w+");
    }

    @Test
    void shouldKeepAPackedTriangle() {
        double[] packed = {1, 2, 3, 4, 5, 6};
        try (SymmetricMatrix matrix = SymmetricMatrix.fromPacked(3, packed)) {
            assertThat(matrix.get(2, 0)).isEqualTo(3);
            assertThat(matrix.get(0, 2)).isEqualTo(3);
            assertThat(matrix.diagonal()).containsExactly(1, 4, 6);
            assertThat(matrix.toPacked()).containsExactly(packed);
        }
    }

    @Test
    void shouldRefuseATriangleOfTheWrongLength() {
        assertThatThrownBy(() -> SymmetricMatrix.fromPacked(3, new double[5]))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("expected 6 values, got 5");
    }

    @Test
    void shouldRefuseToWritePastItsMemory() {
        try (DenseMatrix matrix = DenseMatrix.zeros(2, 2)) {
            assertThatThrownBy(() -> matrix.put(1, new double[3])).isInstanceOf(IllegalArgumentException.class);
        }
    }
}
