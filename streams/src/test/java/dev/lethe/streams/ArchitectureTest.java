package dev.lethe.streams;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import org.apache.kafka.streams.processor.api.Processor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Who may know whom. */
class ArchitectureTest {
    private static final String SCHEMAS = "dev.lethe.schemas..";
    private static final String UNLEARN = "dev.lethe.unlearn..";
    private static final String STREAMS = "dev.lethe.streams..";
    private static final String LOCAL = "dev.lethe.streams.local..";
    private static final String TOPOLOGY = "dev.lethe.streams.topology..";
    private static final String CLI = "dev.lethe.streams.cli..";
    private static final String NETWORK = "dev.lethe.unlearn.network..";
    private static final String LINALG = "dev.lethe.unlearn.linalg..";

    private static final String[] BROKER = {"kafka..", "org.apache.kafka.metadata..", "org.apache.kafka.server.."};
    private static final String[] BLAS = {"org.bytedeco.openblas..", "org.nd4j.."};
    private static final String POINTERS = "org.bytedeco.javacpp..";

    private static final JavaClasses ALL = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("dev.lethe");

    /** A rule without classes to look at fails, instead of holding for nothing. */
    private static void check(ArchRule rule) {
        rule.allowEmptyShould(false).check(ALL);
    }

    /** Otherwise a rule against a misspelt package would hold for ever. */
    @ParameterizedTest
    @CsvSource({
        "dev.lethe.streams.local, kafka.server",
        "dev.lethe.streams.local, org.apache.kafka.metadata",
        "dev.lethe.streams.local, org.apache.kafka.server",
        "dev.lethe.unlearn.linalg, org.bytedeco.openblas",
        "dev.lethe.unlearn.linalg, org.bytedeco.javacpp",
        "dev.lethe.unlearn.linalg, org.nd4j",
        "dev.lethe.unlearn.network, ai.djl",
        "dev.lethe.unlearn.network, ai.onnxruntime",
        "dev.lethe.streams.topology, org.apache.kafka.streams",
        "dev.lethe.schemas, org.apache.avro",
        "dev.lethe.streams.topology, dev.lethe.unlearn",
        "dev.lethe.streams.topology, dev.lethe.schemas",
        "dev.lethe.streams.cli, dev.lethe.streams.client",
    })
    void shouldSeeTheDependenciesThatAreAllowed(String from, String to) {
        assertThat(ALL.stream()
                        .filter(c -> (c.getPackageName() + ".").startsWith(from + "."))
                        .flatMap(c -> c.getDirectDependenciesFromSelf().stream())
                        .map(d -> d.getTargetClass().getPackageName() + "."))
                .anyMatch(name -> name.startsWith(to + "."));
    }

    @Test
    void shouldKeepTheMathsFreeOfTransport() {
        check(noClasses()
                .that()
                .resideInAPackage(UNLEARN)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        SCHEMAS,
                        STREAMS,
                        "org.apache.kafka..",
                        "kafka..",
                        "org.apache.avro..",
                        "java.net.http..",
                        "com.sun.net.httpserver..",
                        "io.javalin..",
                        "picocli.."));
    }

    @Test
    void shouldKeepTheSchemasAlone() {
        check(noClasses()
                .that()
                .resideInAPackage(SCHEMAS)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(UNLEARN, STREAMS, "org.apache.kafka..", "kafka.."));
    }

    @Test
    void shouldTouchTheBrokersInternalsInOnePackageOnly() {
        check(noClasses()
                .that()
                .resideOutsideOfPackage(LOCAL)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(BROKER));
    }

    @Test
    void shouldCallBlasInOnePackageOnly() {
        check(noClasses().that(resideOutsideOfPackage(LINALG)).should().dependOnClassesThat(resideInAnyPackage(BLAS)));
    }

    @Test
    void shouldRunNetworksInOnePackageOnly() {
        check(noClasses()
                .that()
                .resideOutsideOfPackage(NETWORK)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("ai.djl..", "ai.onnxruntime.."));
    }

    @Test
    void shouldKeepNativeMemoryInTheMaths() {
        check(noClasses()
                .that()
                .resideOutsideOfPackages(LINALG, "dev.lethe.unlearn.curvature..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage(POINTERS));
    }

    @Test
    void shouldNotLetTheServiceKnowTheCommandLine() {
        check(noClasses()
                .that(resideInAnyPackage(STREAMS).and(resideOutsideOfPackage(CLI)))
                .should()
                .dependOnClassesThat()
                .resideInAPackage(CLI));
    }

    @Test
    void shouldNotLetTheTopologyKnowItsClientsOrItsBroker() {
        check(noClasses()
                .that()
                .resideInAPackage(TOPOLOGY)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(LOCAL, "dev.lethe.streams.client.."));
    }

    @Test
    void shouldKeepProcessorsInTheTopologyUnderTheirName() {
        check(classes()
                .that()
                .implement(Processor.class)
                .should()
                .resideInAPackage(TOPOLOGY)
                .andShould()
                .haveSimpleNameEndingWith("Processor"));
    }
}
