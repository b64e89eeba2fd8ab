// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import org.dcache.oncrpc4j.rdma.it.app.EchoServer;
import org.dcache.oncrpc4j.rdma.it.jvm.AgentJar;
import org.dcache.oncrpc4j.rdma.it.jvm.ClassPaths;
import org.dcache.oncrpc4j.rdma.it.jvm.JvmProcess;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Settings that come without a word on the command line: by environment, by file. And who is spared. */
class SettingsIT {

    private static final int CONFIGURATION_ERROR = 78;
    private static final String TOOL_OPTIONS = "JAVA_TOOL_OPTIONS";

    @TempDir
    Path folder;

    @Test
    void theEnvironmentAloneSwitchesRdmaOn() {
        try (JvmProcess server = JvmProcess.java().classPath(ClassPaths.application())
                .environment(TOOL_OPTIONS, "-javaagent:" + RecordingAgent.JAR).environment("ONCRPC_TRANSPORT", "rdma")
                .main(EchoServer.class).start()) {
            server.expect("recorded start echo");
            server.expect("READY");
        }
    }

    @Test
    void aFileBesideTheJarSwitchesRdmaOn() throws IOException {
        Path jar = Files.copy(RecordingAgent.JAR, folder.resolve("any-name.jar"));
        Files.writeString(folder.resolve("oncrpc4j-rdma.properties"), "# all JVMs of this machine\noncrpc.transport = rdma\n");
        try (JvmProcess server = JvmProcess.java().agent(jar, "").classPath(ClassPaths.application()).main(EchoServer.class).start()) {
            server.expect("recorded start echo");
            server.expect("READY");
        }
    }

    @Test
    void aWrongVariableHaltsTheJvm() {
        try (JvmProcess server = RecordingAgent.java("").environment("ONCRPC_RDMA_INLIN", "4096").main(EchoServer.class).start()) {
            assertThat(server.exitCode()).isEqualTo(CONFIGURATION_ERROR);
            assertThat(server.lines()).containsExactly("oncrpc4j-rdma: the JVM is halted: unknown setting ONCRPC_RDMA_INLIN (environment); "
                    + "did you mean ONCRPC_RDMA_INLINE?");
        }
    }

    @Test
    void theMasterSwitchWeavesNothingAndSaysSo() {
        try (JvmProcess server = RecordingAgent.java("transport=rdma").environment("ONCRPC_RDMA_ENABLED", "false")
                .option("-Xlog:class+load").main(EchoServer.class).start()) {
            server.expect("READY");
            assertThat(server.lines()).filteredOn(line -> line.startsWith("oncrpc4j-rdma")).containsExactly(
                    "oncrpc4j-rdma: switched off, nothing is woven: oncrpc.rdma.enabled=false (environment ONCRPC_RDMA_ENABLED)");
            assertThat(server.output()).doesNotContain("recorded start").doesNotContain("net.bytebuddy").doesNotContain("rdma.agent.hook")
                    .doesNotContain("bootstrap classpath has been appended");
        }
    }

    /** With slf4j-simple, whose loggers have the level that they were made with. */
    @Test
    void debugShowsLinesThatAreNotShownOtherwise() throws IOException {
        for (String debug : new String[] {"on", "off"}) {
            try (JvmProcess server = JvmProcess.java().agent(AgentJar.path(), "transport=rdma,rdma.provider=iwarp,rdma.debug=" + debug)
                    .classPath(ClassPaths.application()).main(EchoServer.class).start()) {
                String address = server.valueOf("READY");
                try (Socket scanner = new Socket("127.0.0.1", Integer.parseInt(address.substring(address.lastIndexOf(':') + 1)))) {
                    scanner.getOutputStream().write(new byte[64]);
                    assertThat(scanner.getInputStream().read()).isEqualTo(-1);
                }
                server.send("stop");
                server.expect("STOPPED");
                assertThat(server.output().contains("DEBUG org.dcache.oncrpc4j.rdma")).as(server.output()).isEqualTo(debug.equals("on"));
                assertThat(server.output().contains("oncrpc.rdma.debug=on: logger org.dcache.oncrpc4j.rdma is at DEBUG"))
                        .isEqualTo(debug.equals("on"));
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"javac, -version", "keytool, -help", "jcmd, -l", "jps, -q"})
    @DisplayName("the JDK's own tools do not notice JAVA_TOOL_OPTIONS, not even one that halts an application")
    void toolsOfTheJdkAreSpared(String tool, String argument) {
        try (JvmProcess process = jdk(tool, argument)) {
            assertThat(process.exitCode()).as(process.output()).isZero();
            assertThat(process.output()).contains("Picked up " + TOOL_OPTIONS).doesNotContain("oncrpc4j-rdma:");
        }
    }

    @Test
    void aProgramThatIsRunFromItsSourceIsNotSpared() throws IOException {
        Path source = Files.writeString(folder.resolve("Program.java"), "class Program { public static void main(String[] a) {} }");
        try (JvmProcess process = jdk("java", source.toString())) {
            assertThat(process.exitCode()).isEqualTo(CONFIGURATION_ERROR);
            process.expect("the JVM is halted: oncrpc.transport=rmda (agent argument)");
        }
    }

    /** With an agent whose arguments are wrong. */
    private static JvmProcess jdk(String tool, String argument) {
        ProcessBuilder builder = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", tool).toString(), argument)
                .redirectErrorStream(true);
        builder.environment().put(TOOL_OPTIONS, "-javaagent:" + RecordingAgent.JAR + "=transport=rmda");
        return JvmProcess.of(builder);
    }
}
