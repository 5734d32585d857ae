/**
 * Which training rows a model leans on, and how much.
 *
 * <p>Signs, everywhere: the influence of a row on a test loss is the change of that loss if the row is <em>removed</em>.
 * Positive: the loss would rise, so the row helps. The influence of a row on θ is dθ/dε = −H⁻¹∇ℓ of up-weighting it, as in
 * the literature (Koh and Liang 2017); its removal moves θ by the opposite.
 *
 * <p>A gradient of a linear model is r ⊗ x, r the K residuals: everything here works on X and the residuals by matrix
 * products, and no n × p matrix of gradients is ever formed.
 */
package dev.lethe.unlearn.influence;
