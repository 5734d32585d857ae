package dev.lethe.streams.http;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.javalin.http.Context;
import io.javalin.http.HttpStatus;

/**
 * An error as RFC 9457 has it. The type is always {@code about:blank}, so that the title is the status' own.
 *
 * @param status HTTP status, 400 to 599
 * @param code machine-readable reason, as receipts have it; null: none beyond the status
 * @param detail what, where, expected and got, what to do; never a feature value, a subject id or a secret
 */
public record Problem(int status, String code, String detail) {
    /** Media type of problems. */
    public static final String MEDIA_TYPE = "application/problem+json";

    public Problem {
        if (status < 400 || status > 599) {
            throw new IllegalArgumentException("status of a problem: expected 400 to 599, got " + status);
        }
    }

    ObjectNode json() {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        json.put("type", "about:blank")
                .put("title", HttpStatus.forStatus(status).getMessage());
        json.put("status", status).put("detail", detail);
        if (code != null) {
            json.put("code", code);
        }
        return json;
    }

    void send(Context request) {
        request.status(status).result(json().toString()).contentType(MEDIA_TYPE);
    }
}
