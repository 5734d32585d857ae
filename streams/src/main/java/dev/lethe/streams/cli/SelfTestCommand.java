package dev.lethe.streams.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lethe.unlearn.linalg.SelfTest;
import dev.lethe.unlearn.network.NetworkSelfTest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import org.rocksdb.Options;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/**
 * Whether the native libraries load and compute what they should on this machine, and a service with a broker forgets what
 * it should; run when the image is built.
 */
@Command(
        name = "selftest",
        description =
                "Loads every native library and checks what it computes or keeps; then starts a service with a broker of"
                        + " its own, lets it forget a row and checks the model. Exit code 1 if something does not work.",
        footer = {"", "Example:", "  lethe selftest"})
final class SelfTestCommand implements Callable<Integer> {

    @Mixin
    private OutputOptions output;

    /** One part's check; returns what it is. */
    private interface Check {
        String run() throws Exception;
    }

    @Override
    public Integer call() {
        List<ObjectNode> rows = new ArrayList<>();
        rows.add(row("OpenBLAS", SelfTestCommand::openBlas));
        rows.add(row("RocksDB", SelfTestCommand::rocksDb));
        rows.add(row("PyTorch", NetworkSelfTest::run));
        rows.add(row("service", ServiceCheck::run));
        output.list(rows, "nothing to test");
        return rows.stream().allMatch(row -> row.path("works").asBoolean()) ? Lethe.DONE : Lethe.FAILED;
    }

    private static ObjectNode row(String part, Check check) {
        ObjectNode row = ClientCommand.object().put("part", part);
        try {
            return row.put("works", true).put("detail", check.run());
        } catch (Exception | LinkageError e) {
            return row.put("works", false).put("detail", e.toString());
        }
    }

    private static String openBlas() {
        SelfTest.run();
        return SelfTest.platform();
    }

    private static String rocksDb() throws IOException, RocksDBException {
        RocksDB.loadLibrary();
        byte[] key = "key".getBytes(StandardCharsets.UTF_8);
        try (TemporaryDirectory directory = new TemporaryDirectory("lethe-selftest-");
                Options options = new Options().setCreateIfMissing(true)) {
            String folder = directory.path().toString();
            try (RocksDB database = RocksDB.open(options, folder)) {
                database.put(key, key);
            }
            try (RocksDB database = RocksDB.open(options, folder)) {
                if (!Arrays.equals(database.get(key), key)) {
                    throw new IOException("RocksDB does not give back what was put in before it was closed");
                }
            }
        }
        return RocksDB.rocksdbVersion().toString();
    }
}
