// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.serve;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The server's JVM. It ends with us: by SIGTERM when we are told to end, upon which it has {@value #GRACE_SECONDS} s; by the end of its
 * standard input if we are killed. Its output is ours.
 */
final class ServerJvm {

    private static final int GRACE_SECONDS = 15;

    private final ProcessBuilder builder;

    ServerJvm(List<String> command) {
        builder = new ProcessBuilder(command).redirectOutput(ProcessBuilder.Redirect.INHERIT)
                .redirectError(ProcessBuilder.Redirect.INHERIT);
        builder.environment().remove("JAVA_TOOL_OPTIONS");
        builder.environment().remove("JDK_JAVA_OPTIONS");
        // What strerror says is looked up in English.
        builder.environment().put("LC_MESSAGES", "C");
        String all = builder.environment().remove("LC_ALL");
        if (all != null) {
            builder.environment().putIfAbsent("LC_CTYPE", all);
        }
    }

    /** @return exit status for the tool */
    int run() throws IOException, InterruptedException {
        Process process = builder.start();
        Thread hook = new Thread(() -> end(process), "end server");
        Runtime.getRuntime().addShutdownHook(hook);
        int status = process.waitFor();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // We are ending ourselves, and it ended because of that.
            return ServeCommand.status(0);
        }
        return ServeCommand.status(status);
    }

    private static void end(Process process) {
        process.destroy();
        try {
            if (!process.waitFor(GRACE_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
        }
    }
}
