// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.nfs;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.dcache.oncrpc4j.rdma.export.tree.UnixCalls;
import org.dcache.oncrpc4j.rdma.it.jvm.AgentJar;
import org.dcache.oncrpc4j.rdma.it.jvm.ClassPaths;
import org.dcache.oncrpc4j.rdma.it.jvm.JvmProcess;
import org.dcache.oncrpc4j.rdma.it.nfs.app.TreeClient;
import org.dcache.oncrpc4j.rdma.it.nfs.app.TreeServer;

/**
 * The JVMs of the NFS tests: {@link TreeServer} and {@link TreeClient}, which find oncrpc4j, export and client on their class path, and the
 * transport nowhere but in the agent.
 */
public final class Programs {

    static final String RDMA = "transport=rdma,rdma.provider=iwarp";

    private Programs() {}

    /** @param agent its arguments; null for TCP */
    private static JvmProcess.Builder java(String agent) {
        JvmProcess.Builder builder = JvmProcess.java();
        return (agent == null ? builder : builder.agent(AgentJar.path(), agent)).classPath(ClassPaths.nfsApplication())
                .option("-XX:TieredStopAtLevel=4", "-Xmx1g", "-XX:MaxDirectMemorySize=1g", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn");
    }

    static JvmProcess memoryServer(String agent) {
        return java(agent).main(TreeServer.class).start();
    }

    static JvmProcess directoryServer(String agent, Path directory) {
        return java(agent).option(UnixCalls.FLAGS).main(TreeServer.class, directory).start();
    }

    static int port(JvmProcess server) {
        return Integer.parseInt(server.valueOf("READY"));
    }

    public static JvmProcess client(String agent, int connections) {
        JvmProcess client = java(agent).main(TreeClient.class, connections).start();
        client.expect("READY");
        return client;
    }

    /** Sends a command and returns the names and values in its answer. */
    public static Map<String, String> ask(JvmProcess program, String command) {
        program.send(command);
        String line = program.expectOneOf("DONE " + command.split(" ")[0], "FAILED ");
        assertThat(line).as("answer to %s; output:%n%s", command, program.output()).startsWith("DONE ");
        Map<String, String> values = new TreeMap<>();
        for (String word : line.split(" ")) {
            int equals = word.indexOf('=');
            if (equals > 0) {
                values.put(word.substring(0, equals), word.substring(equals + 1));
            }
        }
        return values;
    }

    /** @param command {@code counters} or {@code levels} */
    public static Map<String, Long> numbers(JvmProcess program, String command) {
        Map<String, Long> numbers = new TreeMap<>();
        ask(program, command).forEach((name, value) -> numbers.put(name, Long.parseLong(value)));
        return numbers;
    }

    /** Ends programs by {@code quit}, and waits for their end. */
    public static void quit(JvmProcess... programs) {
        for (JvmProcess program : programs) {
            program.send("quit");
            assertThat(program.exitCode()).as(program.output()).isZero();
        }
    }
}
