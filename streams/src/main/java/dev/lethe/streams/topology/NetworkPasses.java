package dev.lethe.streams.topology;

import dev.lethe.schemas.Cut;
import dev.lethe.schemas.Pass;
import dev.lethe.schemas.ShardStatistics;
import dev.lethe.streams.topology.PassInFlight.Purpose;
import dev.lethe.streams.topology.PassInFlight.Question;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A network's passes, one at a time: asks the shards for rows and gathers their answers. All on the stream thread. */
final class NetworkPasses {
    private static final Logger LOG = LoggerFactory.getLogger(NetworkPasses.class);
    private static final long TIMEOUT_MS = 60_000;

    /** What becomes of a pass. Called with {@link #inFlight} already empty. */
    interface Listener {
        /** The rows worth keeping of every shard. */
        void sampled(PassInFlight pass);

        /** All rows of every shard. */
        void gathered(PassInFlight pass);

        void passFailed(String reason);
    }

    private final ModelState state;
    private final int shards;
    private final ModelOutput output;
    private final Listener listener;
    private PassInFlight pass;
    private boolean gathers;

    NetworkPasses(ModelState state, int shards, ModelOutput output, Listener listener) {
        this.state = state;
        this.shards = shards;
        this.output = output;
        this.listener = listener;
    }

    boolean inFlight() {
        return pass != null;
    }

    /** Asks for the rows worth keeping. @param theta of the network that is to be patched. Not modified. */
    void sample(double[] theta) {
        issue(theta, false);
    }

    /** Asks for all rows. */
    void gather() {
        issue(new double[0], true);
    }

    private void issue(double[] theta, boolean gather) {
        long id = state.progress().getPassId() + 1;
        state.progress().setPassId(id);
        state.save();
        pass = new PassInFlight(id, new Question(Purpose.ROWS, theta, null), shards, output.now());
        gathers = gather;
        output.pass(Pass.newBuilder()
                .setModelId(state.spec().getModelId())
                .setPassId(id)
                .setTheta(Doubles.toBuffer(theta))
                .setCurvature(false)
                .setGram(false)
                .setGather(gather)
                .setReplyPartition(output.partition())
                .build());
    }

    void cut(Cut cut, long tailLast) {
        if (pass != null) {
            pass.cut(cut, tailLast, output.now());
        }
    }

    void statistics(ShardStatistics statistics) {
        if (pass == null) {
            return;
        }
        pass.statistics(statistics, output.now());
        PassInFlight answered = pass;
        if (answered.failure().isPresent()) {
            pass = null;
            listener.passFailed(answered.failure().get());
        } else if (answered.complete()) {
            pass = null;
            if (gathers) {
                listener.gathered(answered);
            } else {
                listener.sampled(answered);
            }
        }
    }

    void tick() {
        if (pass != null && output.now() - pass.lastHeard() > TIMEOUT_MS) {
            LOG.atWarn().addKeyValue("model", state.spec().getModelId()).log("pass timed out, asked for again");
            issue(pass.theta(), gathers);
        }
    }
}
