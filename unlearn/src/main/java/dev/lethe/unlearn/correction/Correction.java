package dev.lethe.unlearn.correction;

/**
 * θ = θ₀ − P·G and what is known of it without a pass.
 *
 * @param theta K·d
 * @param residualBound a bound on ‖∇J(θ)‖ over today's rows, or NaN if none is known
 * @param logitShift √(Σ w‖Vx‖² / Σ w) with v = θ − θ₀: how far the step moves a row's logits, root mean square
 * @param verdict whether to publish it
 */
public record Correction(double[] theta, double residualBound, double logitShift, Verdict verdict) {}
