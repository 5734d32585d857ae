package dev.lethe.streams.http;

import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.lethe.streams.LetheException;
import io.javalin.Javalin;
import io.javalin.config.JavalinConfig;
import io.javalin.http.Context;
import io.javalin.http.HttpResponseException;
import io.javalin.json.JavalinJackson;
import io.javalin.router.Endpoint;
import io.javalin.util.JavalinBindException;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The HTTP side of a process: a few threads, small requests, every error a problem. */
public final class HttpServer implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(HttpServer.class);
    private static final int MAX_THREADS = 16;
    private static final int MIN_THREADS = 2;
    private static final int MAX_REQUEST_BYTES = 1_000_000;
    private static final Problem FAILED = new Problem(500, null, "the request failed inside; the log has the cause");

    private final Javalin javalin;
    private final String host;

    private HttpServer(Javalin javalin, String host) {
        this.javalin = javalin;
        this.host = host;
    }

    /**
     * Starts to listen.
     *
     * @param port 0: any free one
     * @throws LetheException if the address cannot be had
     */
    public static HttpServer start(String host, int port, List<Route> routes) {
        Javalin javalin = Javalin.create(config -> configure(config, routes));
        try {
            return new HttpServer(javalin.start(host, port), host);
        } catch (JavalinBindException e) {
            throw new LetheException(
                    "http: cannot listen on " + host + ":" + port + " ("
                            + e.getCause().getMessage() + "): set http.port to a free one, to 0 for any, or to off",
                    e);
        }
    }

    private static void configure(JavalinConfig config, List<Route> routes) {
        config.startup.showJavalinBanner = false;
        config.startup.showOldJavalinVersionWarning = false;
        config.startup.startupWatcherEnabled = false;
        config.http.maxRequestSize = MAX_REQUEST_BYTES;
        config.http.prefer405over404 = true;
        config.jsonMapper(new JavalinJackson(JsonMapper.builder().build(), false));
        config.jetty.threadPool = threads();
        config.jetty.modifyServer(server -> server.setErrorHandler(new ProblemErrorHandler()));
        config.jetty.modifyHttpConfiguration(http -> http.setSendServerVersion(false));
        config.router.javaLangErrorHandler(HttpServer::broken);
        routes.forEach(route -> config.routes.addEndpoint(new Endpoint(route.method(), route.path(), route::handle)));
        config.routes.exception(
                ProblemException.class, (e, request) -> e.problem().send(request));
        config.routes.exception(HttpResponseException.class, HttpServer::refused);
        config.routes.exception(Exception.class, HttpServer::failed);
    }

    private static QueuedThreadPool threads() {
        QueuedThreadPool threads = new QueuedThreadPool(MAX_THREADS, MIN_THREADS);
        threads.setName("lethe-http");
        threads.setDaemon(true);
        return threads;
    }

    /** What the framework refuses: no such path, another method, too large. */
    private static void refused(HttpResponseException e, Context request) {
        new Problem(e.getStatus(), null, e.getMessage()).send(request);
    }

    /** The caller learns nothing of the cause: it may quote data. */
    private static void failed(Exception e, Context request) {
        log.atError().setCause(e).addKeyValue("path", request.endpoint().path).log("a request failed");
        FAILED.send(request);
    }

    /** The same for what is no exception: an assertion, a lack of memory. */
    private static void broken(HttpServletResponse response, Error e) {
        log.atError().setCause(e).log("a request failed");
        response.setStatus(FAILED.status());
        response.setContentType(Problem.MEDIA_TYPE);
        try {
            response.getOutputStream().write(FAILED.json().toString().getBytes(StandardCharsets.UTF_8));
        } catch (IOException gone) {
            log.atDebug().setCause(gone).log("the caller has left");
        }
    }

    /** Where it listens. */
    public int port() {
        return javalin.port();
    }

    /** Address for clients. */
    public String url() {
        return "http://" + host + ":" + port();
    }

    @Override
    public void close() {
        javalin.stop();
    }
}
