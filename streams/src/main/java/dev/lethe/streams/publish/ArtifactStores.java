package dev.lethe.streams.publish;

import java.net.URI;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Opens stores by their address.
 *
 * @param s3Endpoint of a server that speaks S3 and is not Amazon's
 * @param s3Region empty: as AWS' tools find it
 */
public record ArtifactStores(Optional<URI> s3Endpoint, Optional<String> s3Region) {

    /** A store; it connects with the first call. @param address a folder, or s3://BUCKET/PREFIX */
    public ArtifactStore open(String address) {
        return address.startsWith(S3Store.SCHEME)
                ? new S3Store(address, s3Endpoint, s3Region)
                : new LocalStore(Path.of(address));
    }
}
