package dev.lethe.unlearn.golden;

import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** The same tests on each golden case: a factory per case, so that each is skipped, timed and named by itself. */
abstract class EachGoldenCase {

    abstract Stream<DynamicTest> tests(String name);

    @TestFactory
    Stream<DynamicTest> shouldAgreeOnDiabetes() {
        return tests("diabetes_ridge");
    }

    @TestFactory
    Stream<DynamicTest> shouldAgreeOnBreastCancer() {
        return tests("breastcancer_logistic");
    }

    @TestFactory
    Stream<DynamicTest> shouldAgreeOnDigits() {
        return tests("digits_softmax");
    }

    @TestFactory
    Stream<DynamicTest> shouldAgreeOnFashion() {
        return tests("fashion06_logistic");
    }

    @TestFactory
    Stream<DynamicTest> shouldAgreeOnMnist() {
        return tests("mnist38_logistic");
    }
}
