// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.agent;

import java.io.File;
import java.io.IOException;
import java.lang.instrument.Instrumentation;
import java.lang.reflect.InvocationTargetException;
import java.net.JarURLConnection;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.jar.JarFile;

/**
 * The agent: checks the settings, and unless they say {@code tcp}, weaves oncrpc4j.
 *
 * <p>Order matters. The settings are read first, with nothing touched, since {@code oncrpc.transport=tcp} must leave the JVM as it is
 * (appending to the bootstrap loader disables class data sharing). Then the jar itself is appended to the bootstrap loader; only then may a
 * class be resolved that refers to {@code agent.hook}, else a second copy of the hook would come to life here.
 *
 * <p>Failure is loud, as RDMA that is asked for must never become TCP silently: one line on stderr, and the JVM halts with {@link #EXIT}.
 * The one exception is a wrong setting at a late attach: nothing is woven yet, the attaching program gets the error, and the application
 * runs on.
 */
public final class Agent {

    /** Exit code of a JVM that was asked for RDMA and cannot do it ({@code EX_CONFIG} of sysexits.h). */
    static final int EXIT = 78;

    private static final String WEAVE = "org.dcache.oncrpc4j.rdma.agent.weave.";

    /** What it was installed with; a JVM can be given the agent twice, by JAVA_TOOL_OPTIONS and on its command line. */
    private static String installed;

    private Agent() {}

    /** {@code -javaagent} and JAVA_TOOL_OPTIONS, which reaches the JDK's own tools too. */
    public static void premain(String arguments, Instrumentation instrumentation) {
        if (JdkTool.is(System.getProperty("jdk.module.main"), System.getProperty("sun.java.command"))) {
            return;
        }
        try {
            load(arguments, instrumentation);
        } catch (Throwable e) {
            halt(e);
        }
    }

    /** Late attach. Services that exist already keep the transport they have. */
    public static void agentmain(String arguments, Instrumentation instrumentation) {
        try {
            load(arguments, instrumentation);
        } catch (IllegalArgumentException e) {
            System.err.println("oncrpc4j-rdma: not attached: " + e.getMessage());
            throw e;
        } catch (Throwable e) {
            halt(e);
        }
    }

    private static synchronized void load(String arguments, Instrumentation instrumentation) throws Throwable {
        String given = Objects.requireNonNullElse(arguments, "");
        File file = jar();
        JarFile jar = new JarFile(file);
        String base = file.toURI().toString();
        ClassLoader weave = new SectionLoader("oncrpc4j-rdma-weave", jar, base, ClassLoader.getPlatformClassLoader());
        Map<?, ?> settings = (Map<?, ?>) invoke(weave.loadClass(WEAVE + "WantedSettings"), "read",
                new Class<?>[] {String.class, Path.class}, given, file.toPath().toAbsolutePath());
        if (settings == null) {
            return;
        }
        if (installed != null) {
            if (!installed.equals(given)) {
                throw new IllegalArgumentException("the agent is loaded already, with the arguments '" + installed
                        + "'; it cannot be loaded again with '" + given + "'");
            }
            return;
        }
        instrumentation.appendToBootstrapClassLoaderSearch(new JarFile(file));
        Function<ClassLoader, ClassLoader> transportLoaders = parent -> new SectionLoader("oncrpc4j-rdma", jar, base, parent);
        Consumer<Throwable> fatal = Agent::halt;
        invoke(weave.loadClass(WEAVE + "Installer"), "install",
                new Class<?>[] {Instrumentation.class, Map.class, Function.class, Consumer.class},
                instrumentation, settings, transportLoaders, fatal);
        installed = given;
    }

    /**
     * Not where this class is from: an application may have the transport, and so this class, on its own class path, before the agent jar.
     */
    private static File jar() throws IOException {
        String entry = "inst/" + WEAVE.replace('.', '/') + "Installer.class";
        URL found = ClassLoader.getSystemResource(entry);
        if (found == null) {
            throw new IllegalStateException("no " + entry + " on the class path, is this the agent jar?");
        }
        try {
            return Path.of(((JarURLConnection) found.openConnection()).getJarFileURL().toURI()).toFile();
        } catch (URISyntaxException e) {
            throw new IOException("cannot find the agent jar", e);
        }
    }

    private static Object invoke(Class<?> type, String method, Class<?>[] types, Object... arguments) throws Throwable {
        try {
            return type.getMethod(method, types).invoke(null, arguments);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }

    private static void halt(Throwable cause) {
        boolean expected = cause instanceof IllegalArgumentException || cause instanceof IllegalStateException;
        String text = expected ? cause.getMessage() : cause.toString();
        System.err.println("oncrpc4j-rdma: the JVM is halted: " + text);
        System.err.flush();
        Runtime.getRuntime().halt(EXIT);
    }
}
