package dev.lethe.streams.cli;

import dev.lethe.streams.publish.Software;
import picocli.CommandLine.IVersionProvider;

/** The answer to --version. */
final class VersionProvider implements IVersionProvider {
    @Override
    public String[] getVersion() {
        return new String[] {Software.version(), "java " + Runtime.version()};
    }
}
