package dev.lethe.streams.publish;

import dev.lethe.streams.LetheException;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.checksums.ResponseChecksumValidation;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3ClientBuilder;
import software.amazon.awssdk.services.s3.model.NoSuchKeyException;
import software.amazon.awssdk.services.s3.model.S3Object;

/**
 * A bucket of Amazon S3, or of anything that speaks its protocol, and a prefix in it. S3 shows an object whole or not at
 * all, and keeps it once it has said so. Credentials come from where AWS' tools take them: variables, profile, role.
 */
public final class S3Store implements ArtifactStore {
    /** What an address of such a store begins with. */
    public static final String SCHEME = "s3://";

    private static final Duration CONNECT = Duration.ofSeconds(5);
    private static final Duration ATTEMPT = Duration.ofSeconds(20);
    /** All attempts together. */
    private static final Duration CALL = Duration.ofSeconds(60);
    /** Other servers look at the region only to check signatures. */
    private static final String ANY_REGION = "us-east-1";

    private final String bucket;
    private final String prefix;
    private final Supplier<S3Client> maker;
    private S3Client client;

    /**
     * Connects with the first call.
     *
     * @param address s3://BUCKET or s3://BUCKET/PREFIX
     * @param endpoint of a server that is not Amazon's; empty: Amazon's
     * @param region empty: as AWS' tools find it
     * @throws LetheException if the address has no bucket
     */
    public S3Store(String address, Optional<URI> endpoint, Optional<String> region) {
        if (!address.startsWith(SCHEME) || address.length() == SCHEME.length()) {
            throw new LetheException("store: expected s3://BUCKET/PREFIX, got " + address);
        }
        String[] parts = address.substring(SCHEME.length()).split("/", 2);
        this.bucket = parts[0];
        String folder = parts.length == 2 ? parts[1].replaceAll("/+$", "") : "";
        this.prefix = folder.isEmpty() ? "" : folder + "/";
        this.maker = () -> client(endpoint, region);
    }

    private static S3Client client(Optional<URI> endpoint, Optional<String> region) {
        S3ClientBuilder builder = S3Client.builder()
                .httpClientBuilder(UrlConnectionHttpClient.builder()
                        .connectionTimeout(CONNECT)
                        .socketTimeout(ATTEMPT))
                // Not every server knows the newer checksums; ours are checked by whoever reads.
                .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
                .responseChecksumValidation(ResponseChecksumValidation.WHEN_REQUIRED)
                .overrideConfiguration(o -> o.apiCallAttemptTimeout(ATTEMPT).apiCallTimeout(CALL));
        region.map(Region::of).ifPresent(builder::region);
        endpoint.ifPresent(uri -> builder.endpointOverride(uri)
                .region(Region.of(region.orElse(ANY_REGION)))
                .forcePathStyle(true));
        return builder.build();
    }

    private synchronized S3Client client() {
        if (client == null) {
            client = maker.get();
        }
        return client;
    }

    @Override
    public String location() {
        return SCHEME + bucket + "/" + prefix;
    }

    @Override
    public void put(String key, byte[] content) throws IOException {
        asked(() -> client().putObject(
                        request -> request.bucket(bucket).key(prefix + key).contentMD5(md5(content)),
                        RequestBody.fromBytes(content)));
    }

    /** For the server to check what has arrived; it protects against accidents, our own digests against people. */
    private static String md5(byte[] content) {
        try {
            return Base64.getEncoder()
                    .encodeToString(MessageDigest.getInstance("MD5").digest(content));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("this JVM has no MD5", e);
        }
    }

    @Override
    public Optional<byte[]> get(String key, long maxBytes) throws IOException {
        try (var answer =
                asked(() -> client().getObject(request -> request.bucket(bucket).key(prefix + key)))) {
            long size = answer.response().contentLength();
            if (size > maxBytes) {
                answer.abort();
                throw new IOException(
                        "object " + location() + key + ": expected at most " + maxBytes + " bytes, got " + size);
            }
            return Optional.of(read(answer, (int) size, key));
        } catch (MissingException e) {
            return Optional.empty();
        }
    }

    private byte[] read(InputStream answer, int size, String key) throws IOException {
        byte[] content = answer.readNBytes(size);
        if (content.length < size) {
            throw new IOException("object " + location() + key + ": expected " + size
                    + " bytes, the connection ended after " + content.length);
        }
        return content;
    }

    @Override
    public List<String> list(String under) throws IOException {
        return asked(() ->
                client().listObjectsV2Paginator(r -> r.bucket(bucket).prefix(prefix + under)).contents().stream()
                        .map(S3Object::key)
                        .map(key -> key.substring(prefix.length()))
                        .sorted()
                        .toList());
    }

    @Override
    public void delete(String key) throws IOException {
        asked(() -> client().deleteObject(r -> r.bucket(bucket).key(prefix + key)));
    }

    /** There is no such object. */
    private static final class MissingException extends IOException {
        private static final long serialVersionUID = 1L;
    }

    private <T> T asked(Supplier<T> call) throws IOException {
        try {
            return call.get();
        } catch (NoSuchKeyException e) {
            throw new MissingException();
        } catch (SdkException e) {
            throw new IOException("store " + location() + " does not do what it is asked (" + e.getMessage() + ")", e);
        }
    }

    @Override
    public synchronized void close() {
        if (client != null) {
            client.close();
        }
    }
}
