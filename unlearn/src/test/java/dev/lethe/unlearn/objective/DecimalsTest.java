package dev.lethe.unlearn.objective;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

class DecimalsTest {

    @ParameterizedTest
    @CsvSource({"3,3", "+1,1", "-4.42,-4.42", "1e-05,0.00001", ".5,0.5", "' 7 ',7", "1E3,1000", "1e-400,0"})
    void shouldReadDecimals(String text, double expected) {
        assertThat(Decimals.parse(text)).isEqualTo(expected);
    }

    @ParameterizedTest
    @NullSource
    @ValueSource(strings = {"", " ", "NaN", "nan", "Infinity", "-inf", "0x1p3", "1d", "1f", "1e999", "e", "--1", "1,5"})
    void shouldRefuseAnythingElse(String text) {
        assertThat(Decimals.parse(text)).isNaN();
    }

    @ParameterizedTest
    @CsvSource({"3.0,3", "-0.0,0", "0.1,0.1", "1e15,1000000000000000", "-2.5,-2.5"})
    void shouldWriteIntegersWithoutFraction(double value, String expected) {
        assertThat(Decimals.text(value)).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(floats = {0.1f, 3e-7f, 1234.5678f})
    void shouldKeepTheShortDecimalOfSinglePrecision(float value) {
        assertThat(Decimals.text(value)).isEqualTo(Float.toString(value));
    }
}
