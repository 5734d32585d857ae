package dev.lethe.streams.cli.demo;

/** Shows how a task of known length goes on. */
interface Display extends AutoCloseable {

    /**
     * One more is done.
     *
     * @param line what happened
     */
    void step(String line);

    /** The task is over. */
    @Override
    void close();
}
