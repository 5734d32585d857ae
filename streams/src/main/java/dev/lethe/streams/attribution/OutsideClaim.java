package dev.lethe.streams.attribution;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lethe.schemas.ModelSpec;
import dev.lethe.streams.client.RefusedException;

/**
 * What is said of single samples is under no (ε, δ) claim. Self-influence, leverage and direct influences are made with the
 * curvature of older parameters, which samples erased since have shaped and no noise covers; and scores follow every version,
 * where the claim is for one version taken alone. So for a model with {@code privacy} they are made only for who says that
 * this is known.
 */
public final class OutsideClaim {
    private OutsideClaim() {}

    /** @throws RefusedException if the model asks for a claim and nobody said that this is outside of it */
    public static void require(ModelSpec spec, boolean known) {
        if (asksForClaim(spec) && !known) {
            throw new RefusedException(
                    "OUTSIDE_CLAIM",
                    "model " + spec.getModelId()
                            + " asks for an (epsilon, delta) claim, and scores and influences are under"
                            + " none: say that this is known (--outside-claim, over HTTP outside_claim), or use"
                            + " `lethe evaluate` on files");
        }
    }

    /** Says it in an answer. @param json Modified. */
    public static ObjectNode say(ModelSpec spec, ObjectNode json) {
        return asksForClaim(spec) ? json.put("claim", "none") : json;
    }

    private static boolean asksForClaim(ModelSpec spec) {
        return spec.getPrivacy() != null;
    }
}
