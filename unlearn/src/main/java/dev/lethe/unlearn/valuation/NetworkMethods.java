package dev.lethe.unlearn.valuation;

import dev.lethe.unlearn.network.Damping;
import dev.lethe.unlearn.network.InverseCurvature;
import dev.lethe.unlearn.network.KroneckerFactor;
import dev.lethe.unlearn.network.Network;
import dev.lethe.unlearn.objective.Row;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** What stands for H⁻¹ in the influences of a network, by name. */
public enum NetworkMethods {
    /** See {@link KroneckerFactor#ekfac}. */
    EK_FAC("networks: Kronecker factors with corrected eigenvalues"),
    /** See {@link KroneckerFactor#kfac}. */
    K_FAC("networks: Kronecker factors"),
    /** V = G. */
    GRADIENT_DOT("networks: no curvature, the floor");

    private final String description;

    NetworkMethods(String description) {
        this.description = description;
    }

    /** The name: {@code ek-fac} for EK_FAC. */
    public String id() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** @throws IllegalArgumentException listing the names, if there is no such method */
    public static NetworkMethods of(String id) {
        return Arrays.stream(values())
                .filter(method -> method.id().equals(id))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("method: expected one of "
                        + Arrays.stream(values()).map(NetworkMethods::id).collect(Collectors.joining(", "))
                        + " for a network, got another one"));
    }

    public String description() {
        return description;
    }

    /**
     * Makes it ready.
     *
     * @param rows that the network was trained on. Not modified.
     * @param seed of the labels that the factor's gradients are drawn with
     */
    public InverseCurvature over(Network network, List<Row> rows, Damping damping, long seed) {
        return switch (this) {
            case EK_FAC -> KroneckerFactor.ekfac(network, rows, seed, damping);
            case K_FAC -> KroneckerFactor.kfac(network, rows, seed, damping);
            case GRADIENT_DOT -> new Identity(network.theta().length);
        };
    }

    private record Identity(int size) implements InverseCurvature {
        @Override
        public void multiply(double[] g, double[] out) {
            System.arraycopy(g, 0, out, 0, size);
        }

        @Override
        public void close() {
            // Holds nothing.
        }
    }
}
