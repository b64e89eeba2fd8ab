// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.agent.bridge;

import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.logging.Level;
import org.slf4j.ILoggerFactory;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code oncrpc.rdma.debug}: sets the logger of all this project, {@value #NAME}, to DEBUG in the application's own logging. SLF4J has no
 * call for that, so it depends on what is behind it: Logback and all whose loggers have a {@code setLevel} that takes a type with a
 * constant DEBUG; slf4j-simple, whose loggers read a property when they are made, so that those made before stay as they are;
 * java.util.logging, whose handlers have levels of their own. Of others, such as Log4j 2, a line says what to do. Any thread.
 */
final class DebugLines {

    static final String NAME = "org.dcache.oncrpc4j.rdma";

    private static final String SIMPLE = "org.slf4j.simpleLogger.log.";

    /** The level of a logger of java.util.logging lasts as long as somebody holds it. */
    private static java.util.logging.Logger held;

    private DebugLines() {}

    static void switchOn() {
        switchOn(LoggerFactory.getILoggerFactory());
    }

    static synchronized void switchOn(ILoggerFactory backend) {
        String kind = backend.getClass().getName();
        String lower = kind.toLowerCase(Locale.ROOT);
        if (lower.endsWith(".simpleloggerfactory")) {
            System.setProperty(SIMPLE + NAME, "debug");
        }
        Logger logger = backend.getLogger(NAME);
        if (lower.endsWith(".jdk14loggerfactory")) {
            held = java.util.logging.Logger.getLogger(NAME);
            held.setLevel(Level.FINE);
        }
        boolean on = logger.isDebugEnabled() || setLevel(logger) && logger.isDebugEnabled();
        if (on) {
            logger.info("oncrpc.rdma.debug=on: logger {} is at DEBUG ({}); handlers and appenders keep levels of their own", NAME, kind);
        } else {
            logger.warn("oncrpc.rdma.debug=on: the level of {} cannot be set from here; set logger {} to DEBUG in the configuration of the "
                    + "application's logging", kind, NAME);
        }
    }

    private static boolean setLevel(Logger logger) {
        try {
            Optional<Method> setter = Arrays.stream(logger.getClass().getMethods())
                    .filter(method -> method.getName().equals("setLevel") && method.getParameterCount() == 1).findFirst();
            if (setter.isPresent()) {
                setter.get().invoke(logger, setter.get().getParameterTypes()[0].getField("DEBUG").get(null));
            }
            return setter.isPresent();
        } catch (ReflectiveOperationException | RuntimeException e) {
            return false;
        }
    }
}
