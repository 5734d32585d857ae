package dev.lethe.streams.local;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.common.errors.BrokerIdNotRegisteredException;
import org.apache.kafka.common.utils.Time;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a killed broker leaves in the cluster's metadata: it still counts as alive, and as leader of every partition.
 *
 * <p>A broker that starts on such metadata takes itself for the transaction coordinator at once and begins to finish the
 * transactions that were being committed, before its own port is open. A moment later it registers anew and for that
 * moment no partition has a leader; Kafka 4.3.1 then takes the partitions for deleted, drops their commit markers and
 * declares the transaction complete (KAFKA-20734). It stays open in those partitions for ever, and every reader of
 * committed records waits there. So the controller alone is started first and told that the broker is gone: the broker
 * then starts without partitions, and gets them when it can be reached.
 */
final class StaleRegistration {
    private static final Logger log = LoggerFactory.getLogger(StaleRegistration.class);
    private static final int TIMEOUT_MS = 30_000;
    /** Written by a broker that stops in good order, deleted by the next start. */
    private static final String CLEAN_SHUTDOWN_FILE = ".kafka_cleanshutdown";

    private StaleRegistration() {}

    /** Whether the broker of this log directory ran before and did not stop in good order. */
    static boolean suspected(Path dir) {
        return Files.exists(dir.resolve("__cluster_metadata-0")) && !Files.exists(dir.resolve(CLEAN_SHUTDOWN_FILE));
    }

    /**
     * Takes the dead broker out of the metadata.
     *
     * @param controller properties of a server that is a controller only, on the broker's log directory
     * @param bootstrap host:port of that controller
     * @param brokerId the broker's node id
     */
    static void remove(Properties controller, String bootstrap, int brokerId) {
        KafkaRaftServer server = new KafkaRaftServer(new KafkaConfig(controller), Time.SYSTEM);
        try (var admin = admin(bootstrap)) {
            server.startup();
            admin.unregisterBroker(brokerId).all().get(TIMEOUT_MS, TimeUnit.MILLISECONDS);
            log.atInfo().addKeyValue("broker", brokerId).log("registration of a killed broker removed");
        } catch (ExecutionException e) {
            if (!(e.getCause() instanceof BrokerIdNotRegisteredException)) {
                throw new IllegalStateException("the killed broker's registration cannot be removed", e.getCause());
            }
        } catch (Exception e) {
            throw new IllegalStateException("the killed broker's registration cannot be removed", e);
        } finally {
            server.shutdown();
            server.awaitShutdown();
        }
    }

    private static Admin admin(String controller) {
        return Admin.create(Map.of(
                AdminClientConfig.BOOTSTRAP_CONTROLLERS_CONFIG, controller,
                AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, TIMEOUT_MS));
    }
}
