package dev.lethe.streams.cli;

import dev.lethe.schemas.Receipt;
import dev.lethe.schemas.ReceiptStatus;
import dev.lethe.streams.client.LetheClient;
import dev.lethe.streams.client.LetheClient.From;
import dev.lethe.streams.publish.ReceiptJson;
import java.time.Duration;
import java.util.UUID;
import org.apache.avro.specific.SpecificRecord;
import picocli.CommandLine.Option;

/** What every request has, and how it is sent. */
final class RequestOptions {
    @Option(names = "--dataset", paramLabel = "NAME", required = true, description = "The dataset asked about.")
    private String dataset;

    @Option(
            names = "--id",
            paramLabel = "ID",
            description = "Request id: the same request under the same id is done once (default: a random one).")
    private String id;

    @Option(names = "--wait", paramLabel = "SECONDS", defaultValue = "60", description = ClientCommand.WAIT)
    private int wait;

    String dataset() {
        return dataset;
    }

    String id() {
        if (id == null) {
            id = UUID.randomUUID().toString();
        }
        return id;
    }

    /** Sends the request and prints its receipt. */
    int send(LetheClient client, SpecificRecord request, OutputOptions output) {
        client.follow(From.NOW);
        client.send(request);
        if (wait == 0) {
            output.one(ClientCommand.object().put("request_id", id()).put("status", "SENT"));
            return Lethe.DONE;
        }
        return print(client.awaitReceipt(id(), Duration.ofSeconds(wait)), output);
    }

    /** Prints a receipt; the exit code says whether it was done. */
    static int print(Receipt receipt, OutputOptions output) {
        output.one(ReceiptJson.detailed(receipt));
        return receipt.getStatus() == ReceiptStatus.APPLIED ? Lethe.DONE : Lethe.FAILED;
    }
}
