package dev.lethe.unlearn.correction;

import dev.lethe.unlearn.objective.Family;
import dev.lethe.unlearn.objective.Loss;
import dev.lethe.unlearn.objective.Objective;
import dev.lethe.unlearn.objective.Vectors;

/**
 * The a-priori certificate: a bound on ‖∇J(θ₀ + v)‖ over today's rows for v = −P·G, in O(d²) and without a pass.
 *
 * <p>With P = H(θ_P)⁻¹ the residual is Σ w (ℓ″ along the way − ℓ″ at θ_P)·Vx·xᵀ. Bounded by the third derivative
 * (γ = sup‖ℓ‴‖, R = max‖x‖, K = Σ w xxᵀ): (γ/2)·R·tr(vᵀKv), plus γ·R·√tr(δᵀKδ)·√tr(vᵀKv) for a factor built
 * δ = θ₀ − θ_P away. Logistic at θ_P = θ₀ also by self-concordance, |ℓ‴| ≤ ℓ″: R·ψ(r)/r²·Σ w s(xᵀv)² with r = R‖v‖,
 * ψ(r) = eʳ − 1 − r, where Σ w s(xᵀv)² = −vᵀG − Λ Σ rⱼvⱼ² needs no K.
 */
final class ResidualBound {

    /** Beyond this ψ(r)/r² is of no use. */
    private static final double MAX_CONCORDANCE_RADIUS = 20;

    /** Below this ψ(r)/r² comes from its series, as eʳ − 1 − r has lost its digits. */
    private static final double SERIES_RADIUS = 1e-2;

    private ResidualBound() {}

    /**
     * @param gramForm tr(vᵀKv)
     * @param staleForm tr(δᵀKδ), 0 for θ_P = θ₀
     * @param bend Σ w s(xᵀv)² as vᵀ(H − Λr)v
     */
    static double of(Objective objective, double maxNorm, double[] v, double gramForm, double staleForm, double bend) {
        double gamma = Loss.of(objective.family()).thirdDerivativeBound();
        if (gamma == 0) {
            return 0;
        }
        double bound = gamma * maxNorm * (gramForm / 2 + Math.sqrt(staleForm * gramForm));
        double radius = maxNorm * Vectors.norm(v);
        if (objective.family() == Family.LOGISTIC && staleForm == 0 && radius <= MAX_CONCORDANCE_RADIUS) {
            bound = Math.min(bound, maxNorm * psiOverSquare(radius) * Math.max(0, bend));
        }
        return bound;
    }

    private static double psiOverSquare(double r) {
        if (r < SERIES_RADIUS) {
            // The rest of the series, from r⁴/720 on, is below 1e-11 and covered by rounding the last term up.
            return 0.5 + r / 6 + r * r / 24 + r * r * r / 119;
        }
        return (Math.expm1(r) - r) / (r * r);
    }
}
