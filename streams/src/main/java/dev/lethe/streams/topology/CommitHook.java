package dev.lethe.streams.topology;

import java.util.Map;
import org.apache.kafka.streams.processor.StateStore;
import org.apache.kafka.streams.processor.StateStoreContext;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.internals.InternalProcessorContext;
import org.apache.kafka.streams.processor.internals.ProcessorNode;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.internals.CacheFlushListener;
import org.apache.kafka.streams.state.internals.CachedStateStore;

/**
 * Runs an action at the end of each transaction, while the task may still write and forward: what a processor holds back
 * until then is in the same transaction as the offsets it came from, so nothing is lost or repeated by holding it.
 *
 * <p>Streams has such a moment for its own caches only (that is how a cached table sends its updates), so this is a store
 * that claims to have a cache. The interfaces are internal to Kafka Streams 4.3; nothing else here uses them.
 */
final class CommitHook implements StateStore, CachedStateStore<Object, Object> {
    private final String name;
    private boolean open;
    private InternalProcessorContext<?, ?> context;
    private ProcessorNode<?, ?, ?, ?> node;
    private Runnable action = () -> {};

    private CommitHook(String name) {
        this.name = name;
    }

    /** To be added to the topology like any store, behind all others of its processor. */
    static StoreBuilder<CommitHook> builder(String name) {
        return new Builder(name);
    }

    /**
     * From now on runs the action at the end of each transaction. Called in a processor's init.
     *
     * @param action must do nothing when nothing is held back: the first transaction may come before the first record
     */
    void install(ProcessorContext<?, ?> of, Runnable action) {
        this.action = action;
        // A mock context knows no nodes and needs none to forward.
        if (of instanceof InternalProcessorContext<?, ?> task) {
            context = task;
            node = task.currentNode();
        }
    }

    @Override
    public void flushCache() {
        if (node == null) {
            action.run();
            return;
        }
        ProcessorNode<?, ?, ?, ?> before = context.currentNode();
        context.setCurrentNode(node);
        try {
            action.run();
        } finally {
            context.setCurrentNode(before);
        }
    }

    /** Drops what is held back no more than a transaction that is rolled back does: its task is closed with this. */
    @Override
    public void clearCache() {}

    @Override
    public boolean setFlushListener(CacheFlushListener<Object, Object> listener, boolean sendOldValues) {
        return false;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public void init(StateStoreContext stores, StateStore root) {
        open = true;
        stores.register(root, (key, value) -> {});
    }

    @Override
    public void close() {
        open = false;
        node = null;
        action = () -> {};
    }

    @Override
    public boolean persistent() {
        return false;
    }

    @Override
    public boolean isOpen() {
        return open;
    }

    private record Builder(String name) implements StoreBuilder<CommitHook> {

        @Override
        public StoreBuilder<CommitHook> withCachingEnabled() {
            return this;
        }

        @Override
        public StoreBuilder<CommitHook> withCachingDisabled() {
            return this;
        }

        @Override
        public StoreBuilder<CommitHook> withLoggingEnabled(Map<String, String> config) {
            throw new UnsupportedOperationException("a commit hook has nothing to log");
        }

        @Override
        public StoreBuilder<CommitHook> withLoggingDisabled() {
            return this;
        }

        @Override
        public CommitHook build() {
            return new CommitHook(name);
        }

        @Override
        public Map<String, String> logConfig() {
            return Map.of();
        }

        @Override
        public boolean loggingEnabled() {
            return false;
        }
    }
}
