// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.jvm;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/**
 * The modules that dCache's container has, by the jlink list in its Dockerfile. Neither {@code jdk.management}, {@code jdk.attach} nor
 * {@code jdk.management.agent} is among them.
 */
public final class ContainerModules {

    public static final String LIST = "java.base,java.compiler,java.instrument,java.logging,java.management,java.naming,"
            + "java.security.jgss,java.transaction.xa,java.xml,jdk.jfr,jdk.security.auth,jdk.unsupported,java.desktop,java.sql,"
            + "jdk.naming.dns,java.rmi,jdk.crypto.cryptoki";

    private ContainerModules() {}

    /**
     * A runtime with these modules and no others, made by the jlink of the JDK that runs the tests. A JVM with {@code --limit-modules} is
     * not the same: what it starts by itself, such as the management agent, still comes from the whole JDK.
     */
    public static Path runtime() throws IOException, InterruptedException {
        Path jdk = Path.of(System.getProperty("java.home"));
        Path runtime = ClassPaths.testClasses().resolveSibling("container-runtime-" + Runtime.version().feature());
        if (Files.isExecutable(runtime.resolve("bin/java"))) {
            return runtime;
        }
        Process jlink = new ProcessBuilder(jdk.resolve("bin/jlink").toString(), "--add-modules", LIST, "--no-header-files",
                "--no-man-pages", "--output", runtime.toString()).inheritIO().start();
        if (!jlink.waitFor(3, TimeUnit.MINUTES)) {
            jlink.destroyForcibly().waitFor();
            throw new IOException("jlink did not end in three minutes");
        }
        if (jlink.exitValue() != 0) {
            throw new IOException("jlink of " + jdk + " ended with status " + jlink.exitValue() + "; the JDK needs its jmods");
        }
        return runtime;
    }
}
