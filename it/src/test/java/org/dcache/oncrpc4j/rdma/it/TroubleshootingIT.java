// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import net.bytebuddy.ByteBuddy;
import org.dcache.oncrpc4j.rdma.it.app.EchoClient;
import org.dcache.oncrpc4j.rdma.it.app.EchoServer;
import org.dcache.oncrpc4j.rdma.it.app.ImpatientClient;
import org.dcache.oncrpc4j.rdma.it.jvm.AgentJar;
import org.dcache.oncrpc4j.rdma.it.jvm.ClassPaths;
import org.dcache.oncrpc4j.rdma.it.jvm.JvmProcess;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Makes the symptoms of {@code docs/troubleshooting.md} and looks whether the page holds what is printed today. Numbers, addresses and
 * ports may differ, and a log line counts from its message on.
 */
@Timeout(value = 3, unit = TimeUnit.MINUTES)
class TroubleshootingIT {

    private static final String RDMA = "transport=rdma,rdma.provider=iwarp";
    private static final String NOBODY = "127.0.0.1:9";

    @TempDir
    Path folder;

    private static String page;

    private static void isOnThePage(String printed) throws IOException {
        if (page == null) {
            page = alike(Files.readString(Tool.HOME.resolve("docs").resolve("troubleshooting.md")));
        }
        assertThat(page).as("docs/troubleshooting.md, numbers aside, for what was printed: " + printed).contains(alike(printed));
    }

    private static String alike(String text) {
        return text.replaceAll("/?\\d[\\d.:,]*", "#").replaceAll("\\s+", " ");
    }

    /** A log line without thread, level and logger; of an application's {@code FAILED}, what it failed with. */
    private static String message(String line) {
        String text = line.replaceFirst("^FAILED ", "");
        int dash = text.indexOf(" - ");
        return dash < 0 ? text : text.substring(dash + 3);
    }

    /** What stands behind the name of the exception. */
    private static String said(String failed) {
        return failed.substring(failed.indexOf(": ") + 2);
    }

    private static JvmProcess.Builder java(String agent) {
        JvmProcess.Builder java = JvmProcess.java();
        return (agent == null ? java : java.agent(AgentJar.path(), agent)).classPath(ClassPaths.application());
    }

    private static JvmProcess server(String agent) {
        return java(agent).main(EchoServer.class).start();
    }

    private static String port(JvmProcess server) {
        String address = server.valueOf("READY");
        return address.substring(address.lastIndexOf(':') + 1);
    }

    /** Runs a client until it prints something that begins with one of these. */
    private static String client(String agent, Object port, String... starts) {
        try (JvmProcess client = java(agent).main(EchoClient.class, "127.0.0.1", port).start()) {
            return client.expectOneOf(starts);
        }
    }

    private static void failsAtStart(JvmProcess.Builder builder, Object... arguments) throws IOException {
        try (JvmProcess server = builder.main(EchoServer.class, arguments).start()) {
            isOnThePage(said(server.expect("FAILED")));
        }
    }

    private static void halts(JvmProcess.Builder builder) throws IOException {
        try (JvmProcess server = builder.main(EchoServer.class).start()) {
            isOnThePage(server.expect("oncrpc4j-rdma: the JVM is halted"));
        }
    }

    @Test
    void aSettingThatIsNotKnown() throws IOException {
        halts(java(RDMA + ",rdma.inlin=4096"));
    }

    @Test
    void theWrongOncrpc4j() throws IOException {
        Path other = new ByteBuddy().subclass(Object.class).name("org.dcache.oncrpc4j.rpc.OncRpcSvc").make()
                .toJar(folder.resolve("other.jar").toFile()).toPath();
        List<Path> classPath = new ArrayList<>(List.of(other));
        classPath.addAll(ClassPaths.application());
        halts(JvmProcess.java().agent(AgentJar.path(), RDMA).classPath(classPath));
    }

    @Test
    void anAgentThatIsLoadedAlready() throws IOException {
        halts(java("transport=rdma").agent(AgentJar.path(), "transport=tcp,rdma"));
    }

    @Test
    void aServiceWithTls() throws IOException {
        failsAtStart(java(RDMA), 0, "tcp", "same", "tls");
    }

    @Test
    void tooLittleDirectMemory() throws IOException {
        failsAtStart(java(RDMA).option("-XX:MaxDirectMemorySize=1m"));
        failsAtStart(java(RDMA + ",rdma.memory=64m").option("-XX:MaxDirectMemorySize=16m"));
    }

    @Test
    void lockedMemoryAndNoRdmaDevice() throws Exception {
        ProcessBuilder check = Tool.command(Tool.script(), "check", "--local", "--set", "rdma.provider=iwarp");
        List<String> words = new ArrayList<>(List.of("sh", "-c", "ulimit -l 64; exec \"$@\"", "sh"));
        words.addAll(check.command());
        String output = Tool.run(check.command(words)).output();
        boolean device = Files.isDirectory(Path.of("/sys/class/infiniband"));
        for (String subject : List.of("locked memory", "RDMA devices", "module siw")) {
            String line = output.lines().filter(l -> l.contains(subject)).findFirst().orElseThrow(() -> new AssertionError(output));
            if (subject.equals("locked memory") || !device) {
                isOnThePage(line.substring(line.indexOf(subject) + subject.length()).strip());
            }
        }
    }

    @Test
    void theWrongPort() throws IOException {
        isOnThePage(message(client(RDMA, NOBODY.substring(NOBODY.indexOf(':') + 1), "FAILED")));
    }

    @Test
    void tcpToAPortThatServesRdmaAloneAndWhatIsLoggedOfAService() throws IOException {
        try (JvmProcess server = server(RDMA + ",rdma.handshake-timeout=1s")) {
            isOnThePage(message(server.expect("accepts RDMA connections")));
            String end = client(null, port(server), "FAILED", "NULL");
            assertThat(end).startsWith("FAILED java.io.EOFException: Disconnected from");
            isOnThePage(message(server.expect("speaks RPC over TCP")));
        }
    }

    @Test
    void rdmaToAPortThatServesTcpAlone() throws Exception {
        try (JvmProcess server = server(null)) {
            String port = port(server);
            isOnThePage(said(client(RDMA + ",rdma.handshake-timeout=1s", port, "FAILED")));
            String check = Tool.run("check", "--timeout", "2000", "127.0.0.1:" + port).output();
            isOnThePage(check.substring(check.indexOf("TCP is served here and RDMA is not")));
        }
    }

    /** The kernel drops what asks for a connection when the queue of those that wait is full, as a firewall does. */
    @Test
    void aFirewall() throws IOException {
        try (ServerSocket full = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            List<SocketChannel> waiting = new ArrayList<>();
            try {
                for (int i = 0; i < 4; i++) {
                    SocketChannel channel = SocketChannel.open();
                    waiting.add(channel);
                    channel.configureBlocking(false);
                    channel.connect(full.getLocalSocketAddress());
                }
                isOnThePage(said(client(RDMA + ",rdma.handshake-timeout=2s", full.getLocalPort(), "FAILED")));
            } finally {
                for (SocketChannel channel : waiting) {
                    channel.close();
                }
            }
        }
    }

    @Test
    void theServerRefuses() throws IOException {
        try (JvmProcess server = server(RDMA + ",rdma.allow=192.0.2.0/24")) {
            isOnThePage(said(client(RDMA, port(server), "FAILED")));
            isOnThePage(message(server.expect("refuses a connection")));
        }
        try (JvmProcess server = server(RDMA + ",rdma.connections=1")) {
            String port = port(server);
            try (JvmProcess first = java(RDMA).main(ImpatientClient.class, "127.0.0.1", port).start()) {
                first.expect("CALLED");
                isOnThePage(said(client(RDMA, port, "FAILED")));
            }
            isOnThePage(message(server.expect("refuses a connection")));
        }
    }

    @Test
    void aServerThatHangsAndAllCreditsAreHeld() throws Exception {
        try (JvmProcess server = server(RDMA)) {
            String port = port(server);
            try (JvmProcess client = java(RDMA + ",rdma.credits=4,rdma.given-up-timeout=1s")
                    .main(ImpatientClient.class, "127.0.0.1", port).start()) {
                client.expect("CALLED");
                signal(server, "STOP");
                client.send("go on");
                isOnThePage(said(client.expect("FAILED")));
            }
            String check = Tool.run("check", "--timeout", "1000", "127.0.0.1:" + port).output();
            isOnThePage(check.substring(check.indexOf("not served: "), check.indexOf('\n', check.indexOf("not served: "))));
        }
    }

    private static void signal(JvmProcess process, String name) throws Exception {
        assertThat(new ProcessBuilder("kill", "-" + name, "" + process.pid()).inheritIO().start().waitFor()).isZero();
    }
}
