package dev.lethe.streams.cli;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.filter.Filter;
import ch.qos.logback.core.rolling.FixedWindowRollingPolicy;
import ch.qos.logback.core.rolling.RollingFileAppender;
import ch.qos.logback.core.rolling.SizeBasedTriggeringPolicy;
import ch.qos.logback.core.spi.FilterReply;
import ch.qos.logback.core.util.FileSize;
import java.nio.file.Path;
import java.util.List;
import org.slf4j.LoggerFactory;

/** Where log lines go: by default only warnings, to stderr (logback.xml). */
public final class Logging {
    private static final String PATTERN =
            "%d{yyyy-MM-dd'T'HH:mm:ss.SSSXXX} %-5level [%thread] %logger{0} - %msg %kvp%n%ex";
    private static final String OWN = "dev.lethe";
    private static final List<String> KAFKA = List.of("kafka", "org.apache.kafka");
    private static final String MAX_SIZE = "20MB";
    private static final int KEPT = 5;
    private static final String STDERR = "STDERR";

    private Logging() {}

    /** Shows what the service does, on stderr. */
    static void verbose() {
        logger(OWN).setLevel(Level.INFO);
        KAFKA.forEach(name -> logger(name).setLevel(Level.WARN));
    }

    /** Also writes what the service does, and Kafka's warnings, to a file that is rolled over by size. */
    public static void toFile(Path file) {
        LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
        RollingFileAppender<ILoggingEvent> appender = new RollingFileAppender<>();
        appender.setContext(context);
        appender.setFile(file.toString());
        appender.setEncoder(encoder(context));
        appender.setRollingPolicy(rolling(context, appender, file));
        appender.setTriggeringPolicy(trigger(context));
        appender.start();
        Logger root = logger(Logger.ROOT_LOGGER_NAME);
        if (logger(OWN).getLevel() != Level.INFO) {
            quietStderr(root);
        }
        root.addAppender(appender);
        root.setLevel(Level.WARN);
        KAFKA.forEach(name -> logger(name).setLevel(Level.WARN));
        logger(OWN).setLevel(Level.INFO);
    }

    /** The levels are about to be lowered for the file, and Kafka has errors it gets over: the terminal shows only ours. */
    private static void quietStderr(Logger root) {
        root.getAppender(STDERR).addFilter(new Filter<>() {
            @Override
            public FilterReply decide(ILoggingEvent event) {
                boolean ours = event.getLoggerName().startsWith(OWN);
                return ours && event.getLevel().isGreaterOrEqual(Level.ERROR) ? FilterReply.NEUTRAL : FilterReply.DENY;
            }
        });
    }

    private static PatternLayoutEncoder encoder(LoggerContext context) {
        PatternLayoutEncoder encoder = new PatternLayoutEncoder();
        encoder.setContext(context);
        encoder.setPattern(PATTERN);
        encoder.start();
        return encoder;
    }

    private static FixedWindowRollingPolicy rolling(
            LoggerContext context, RollingFileAppender<ILoggingEvent> appender, Path file) {
        FixedWindowRollingPolicy policy = new FixedWindowRollingPolicy();
        policy.setContext(context);
        policy.setParent(appender);
        policy.setFileNamePattern(file + ".%i");
        policy.setMinIndex(1);
        policy.setMaxIndex(KEPT);
        policy.start();
        return policy;
    }

    private static SizeBasedTriggeringPolicy<ILoggingEvent> trigger(LoggerContext context) {
        SizeBasedTriggeringPolicy<ILoggingEvent> policy = new SizeBasedTriggeringPolicy<>();
        policy.setContext(context);
        policy.setMaxFileSize(FileSize.valueOf(MAX_SIZE));
        policy.start();
        return policy;
    }

    private static Logger logger(String name) {
        return (Logger) LoggerFactory.getLogger(name);
    }
}
