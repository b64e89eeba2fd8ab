// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.agent;

import java.util.Set;

/**
 * Tells the JDK's own tools ({@code javac}, {@code keytool}, {@code jcmd}) from applications: their main class is in a module of the JDK.
 * Those that run programs of others in their own JVM count as applications, since RDMA that was asked for must not become TCP silently;
 * so does whatever cannot be told.
 */
final class JdkTool {

    /** {@code jshell} and {@code jrunscript}. */
    private static final Set<String> RUN_PROGRAMS = Set.of("jdk.jshell", "java.scripting");

    /** What {@code java Program.java} starts. */
    private static final String SOURCE_LAUNCHER = "jdk.compiler/com.sun.tools.javac.launcher.";

    private JdkTool() {}

    /**
     * @param mainModule the property {@code jdk.module.main}; null when the main class is on the class path
     * @param command the property {@code sun.java.command}; null when another program than {@code java} or a tool made the JVM
     */
    static boolean is(String mainModule, String command) {
        return mainModule != null && (mainModule.startsWith("jdk.") || mainModule.startsWith("java."))
                && !RUN_PROGRAMS.contains(mainModule)
                && command != null && !command.startsWith(SOURCE_LAUNCHER);
    }
}
