// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.dcache.oncrpc4j.rdma.it.app.EchoClient;
import org.dcache.oncrpc4j.rdma.it.app.EchoServer;
import org.dcache.oncrpc4j.rdma.it.app.EchoService;
import org.dcache.oncrpc4j.rdma.it.jvm.AgentJar;
import org.dcache.oncrpc4j.rdma.it.jvm.ClassPaths;
import org.dcache.oncrpc4j.rdma.it.jvm.JvmCounters;
import org.dcache.oncrpc4j.rdma.it.jvm.JvmProcess;
import org.dcache.oncrpc4j.rdma.it.jvm.Ports;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * {@code oncrpc.rdma.port=same}, the default: TCP and RDMA clients on the one port of a service, and strangers of each kind. Not with
 * Grizzly's leader-follower strategy, whose selectors starve on machines with few processors, without RDMA too: there are more of them than
 * threads to serve them.
 */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class OnePortIT {

    private static final String BOTH = "transport=tcp,rdma,rdma.provider=iwarp,rdma.handshake-timeout=2s";

    /** Revision 1, with CRC, no private data. */
    private static final byte[] MPA_REQUEST = ByteBuffer.allocate(20).put("MPA ID Req Frame".getBytes(StandardCharsets.US_ASCII))
            .put((byte) 0x40).put((byte) 1).array();

    private static final byte[] NULL_CALL = ByteBuffer.allocate(44).putInt(0x80000000 | 40).putInt(4711).putInt(0).putInt(2)
            .putInt(EchoService.PROGRAM.getNumber()).putInt(EchoService.PROGRAM.getVersion()).putInt(EchoService.NULL).array();

    private static final int PAUSE = 30;
    private static final String PASSWORD = "password";

    private static JvmProcess.Builder java(String arguments) {
        return JvmProcess.java().agent(AgentJar.path(), arguments).classPath(ClassPaths.application());
    }

    private static JvmProcess serve(String threads) {
        return java(BOTH).main(EchoServer.class, 0, "tcp", threads).start();
    }

    private static int port(JvmProcess server) {
        String address = server.valueOf("READY");
        return Integer.parseInt(address.substring(address.lastIndexOf(':') + 1));
    }

    private static Socket connect(int port) throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(20_000);
        return socket;
    }

    /** The first bytes alone, and a moment later the rest. */
    private static void sendCut(Socket socket, byte[] bytes, int cut) throws IOException, InterruptedException {
        OutputStream out = socket.getOutputStream();
        out.write(bytes, 0, cut);
        out.flush();
        Thread.sleep(PAUSE);
        out.write(bytes, cut, bytes.length - cut);
        out.flush();
    }

    private static void expectMpaReply(Socket socket) throws IOException {
        byte[] reply = socket.getInputStream().readNBytes(20);
        assertThat(new String(reply, 0, 16, StandardCharsets.US_ASCII)).isEqualTo("MPA ID Rep Frame");
        socket.getInputStream().readNBytes(reply[19]);
    }

    private static void expectRpcReply(Socket socket) throws IOException {
        DataInputStream in = new DataInputStream(socket.getInputStream());
        assertThat(in.readInt()).isEqualTo(0x80000000 | 24);
        assertThat(in.readInt()).isEqualTo(4711);
        assertThat(in.readInt()).as("a reply").isEqualTo(1);
        in.readNBytes(16);
    }

    private static void expectEnd(Socket socket) throws IOException {
        try {
            assertThat(socket.getInputStream().read()).isEqualTo(-1);
        } catch (EOFException | SocketException e) {
            assertThat(e).hasMessageContaining("reset");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"same", "worker"})
    void bothKindsOfClientsAreServedAtOnceAndStopEndsBoth(String threads) throws IOException {
        int port;
        try (JvmProcess server = serve(threads)) {
            port = port(server);
            List<JvmProcess> clients = new ArrayList<>();
            try (Socket tcp = connect(port); Socket rdma = connect(port)) {
                rdma.getOutputStream().write(MPA_REQUEST);
                expectMpaReply(rdma);
                for (int i = 0; i < 2; i++) {
                    clients.add(JvmProcess.java().classPath(ClassPaths.application())
                            .main(EchoClient.class, "127.0.0.1", port, 0, 5000, 1 << 20).start());
                    clients.add(java("transport=rdma,rdma.provider=iwarp").main(EchoClient.class, "127.0.0.1", port, 0, 5000, 1 << 20)
                            .start());
                }
                for (int i = 0; i < clients.size(); i++) {
                    clients.get(i).expect("TRANSPORT org.dcache.oncrpc4j."
                            + (i % 2 == 0 ? "grizzly.GrizzlyRpcTransport" : "rdma.rpc.RdmaRpcTransport"));
                    clients.get(i).expect("ECHO 1048576 ok");
                    assertThat(clients.get(i).exitCode()).isZero();
                }
                try (JvmCounters counters = JvmCounters.of(server.pid())) {
                    assertThat(counters.counters()).containsEntry("xprt.connections_accepted", 3L).containsEntry("iwarp.tcp_accepted", 3L);
                }
                tcp.getOutputStream().write(NULL_CALL);
                expectRpcReply(tcp);
                server.send("stop");
                server.expect("STOPPED");
                expectEnd(tcp);
                expectEnd(rdma);
            } finally {
                clients.forEach(JvmProcess::close);
            }
            assertThat(server.exitCode()).isZero();
        }
        try (ServerSocket free = new ServerSocket()) {
            free.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"same", "worker"})
    void firstBytesMayBeCutAnywhere(String threads) throws Exception {
        try (JvmProcess server = serve(threads)) {
            int port = port(server);
            for (int cut = 1; cut < MPA_REQUEST.length; cut++) {
                try (Socket socket = connect(port)) {
                    sendCut(socket, MPA_REQUEST, cut);
                    expectMpaReply(socket);
                }
            }
            for (int cut = 1; cut < NULL_CALL.length; cut++) {
                try (Socket socket = connect(port)) {
                    sendCut(socket, NULL_CALL, cut);
                    expectRpcReply(socket);
                    socket.getOutputStream().write(NULL_CALL);
                    expectRpcReply(socket);
                }
            }
        }
    }

    @Test
    void manyConnectionsOfBothKindsAndSilentOnesAmongThem() throws Exception {
        try (JvmProcess server = serve("worker")) {
            int port = port(server);
            List<Socket> sockets = new ArrayList<>();
            try {
                for (int i = 0; i < 200; i++) {
                    sockets.add(connect(port));
                }
                for (int i = 0; i < 200; i++) {
                    if (i % 4 != 3) {
                        sockets.get(i).getOutputStream().write(i % 2 == 0 ? MPA_REQUEST : NULL_CALL);
                    }
                }
                for (int i = 0; i < 200; i++) {
                    if (i % 2 == 0) {
                        expectMpaReply(sockets.get(i));
                    } else if (i % 4 == 1) {
                        expectRpcReply(sockets.get(i));
                    }
                }
                // Silent until now: TCP clients may be so as long as they like.
                sockets.get(3).getOutputStream().write(NULL_CALL);
                expectRpcReply(sockets.get(3));
                sockets.get(7).getOutputStream().write(MPA_REQUEST);
                expectMpaReply(sockets.get(7));
            } finally {
                for (Socket socket : sockets) {
                    socket.close();
                }
            }
        }
    }

    @Test
    void whoBeginsAnMpaRequestAndDoesNotEndItIsClosedInTime() throws Exception {
        try (JvmProcess server = serve("same")) {
            int port = port(server);
            try (Socket fragment = connect(port); Socket trickle = connect(port); Socket wrong = connect(port);
                    Socket garbage = connect(port)) {
                fragment.getOutputStream().write(MPA_REQUEST, 0, 7);
                trickle.getOutputStream().write('M');
                sendCut(wrong, "MPA was here, twenty bytes".getBytes(StandardCharsets.US_ASCII), 4);
                garbage.getOutputStream().write("GET / HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
                expectEnd(fragment);
                expectEnd(trickle);
                expectEnd(wrong);
                try (Socket tcp = connect(port)) {
                    tcp.getOutputStream().write(NULL_CALL);
                    expectRpcReply(tcp);
                }
            }
            try (JvmCounters counters = JvmCounters.of(server.pid())) {
                assertThat(counters.counters()).containsEntry("iwarp.handshake_timeout", 2L).containsEntry("iwarp.handshake_bad_key", 1L)
                        .containsEntry("iwarp.tcp_accepted", 3L);
            }
        }
    }

    @Test
    void aTcpProgramThatCallsAServiceWithRdmaAloneIsHeldAndToldInTheLog() throws Exception {
        int port = Ports.freePair();
        try (JvmProcess server = java("transport=rdma,rdma.provider=iwarp,rdma.handshake-timeout=2s").main(EchoServer.class, port)
                .start()) {
            assertThat(port(server)).isEqualTo(port);
            try (Socket tcp = connect(port)) {
                tcp.getOutputStream().write(NULL_CALL);
                assertThat(tcp.getInputStream().read()).as("the end, not a reset").isEqualTo(-1);
            }
            assertThat(server.expect("speaks RPC over TCP")).contains("oncrpc.transport=tcp,rdma");
            try (JvmProcess client = JvmProcess.java().classPath(ClassPaths.application()).main(EchoClient.class, "127.0.0.1", port, 5000)
                    .start()) {
                client.expect("TRANSPORT org.dcache.oncrpc4j.grizzly.GrizzlyRpcTransport");
                client.expect("FAILED ");
            }
            try (JvmProcess client = java("transport=rdma,rdma.provider=iwarp").main(EchoClient.class, "127.0.0.1", port, 5000).start()) {
                client.expect("ECHO 5000 ok");
            }
            try (JvmCounters counters = JvmCounters.of(server.pid())) {
                assertThat(counters.counters()).containsEntry("iwarp.rpc_over_tcp", 2L).doesNotContainKey("iwarp.handshake_bad_key");
            }
            assertThat(server.lines().stream().filter(line -> line.contains("speaks RPC over TCP"))).as("one line for both").hasSize(1);
        }
    }

    private static SSLContext trusting(Path keyStore) throws Exception {
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(KeyStore.getInstance(keyStore.toFile(), PASSWORD.toCharArray()));
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        return context;
    }

    @ParameterizedTest
    @ValueSource(strings = {"rdma.required=off", "rdma.allow-clear=on"})
    void aServiceWithTlsKeepsItOnTcpAndHasRdmaOnlyIfThatMayBeClear(String setting, @TempDir Path folder) throws Exception {
        Path keys = folder.resolve("keys.p12");
        try (JvmProcess keytool = JvmProcess.of(new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair", "-alias", "echo", "-keyalg", "EC", "-dname", "CN=localhost", "-storetype", "PKCS12", "-storepass", PASSWORD,
                "-keystore", keys.toString()))) {
            assertThat(keytool.exitCode()).as(keytool.output()).isZero();
        }
        try (JvmProcess server = java(BOTH + "," + setting)
                .option("-Djavax.net.ssl.keyStore=" + keys, "-Djavax.net.ssl.keyStorePassword=" + PASSWORD)
                .main(EchoServer.class, 0, "tcp", "worker", "tls").start()) {
            int port = port(server);
            try (Socket tcp = connect(port); Socket rdma = connect(port);
                    Socket tls = trusting(keys).getSocketFactory().createSocket(tcp, "localhost", port, false)) {
                tls.getOutputStream().write(NULL_CALL);
                expectRpcReply(tls);
                rdma.getOutputStream().write(MPA_REQUEST);
                if (setting.contains("clear")) {
                    expectMpaReply(rdma);
                } else {
                    expectEnd(rdma);
                }
            }
            try (JvmCounters counters = JvmCounters.of(server.pid())) {
                assertThat(counters.counters().getOrDefault("rpc.served_tcp_alone", 0L)).isEqualTo(setting.contains("required") ? 1 : 0);
            }
        }
    }

    @Test
    void whereRdmaIsNotRequiredAndCannotBeHadTcpServes() throws Exception {
        int port = Ports.freePair();
        try (ServerSocket taken = new ServerSocket(port + 1, 1, InetAddress.getLoopbackAddress());
                JvmProcess server = java(BOTH + ",rdma.required=off,rdma.port=" + taken.getLocalPort()).main(EchoServer.class, port)
                        .start()) {
            assertThat(port(server)).isEqualTo(port);
            try (Socket tcp = connect(port); Socket rdma = connect(port)) {
                rdma.getOutputStream().write(MPA_REQUEST);
                expectEnd(rdma);
                tcp.getOutputStream().write(NULL_CALL);
                expectRpcReply(tcp);
            }
            try (JvmCounters counters = JvmCounters.of(server.pid())) {
                assertThat(counters.counters()).containsEntry("rpc.served_tcp_alone", 1L);
            }
            String fallback = "transport=tcp,rdma,rdma.provider=iwarp,rdma.fallback=tcp,rdma.connect=" + port + ">+0";
            try (JvmProcess client = java(fallback).main(EchoClient.class, "127.0.0.1", port, 5000).start()) {
                client.expect("TRANSPORT org.dcache.oncrpc4j.grizzly.GrizzlyRpcTransport");
                client.expect("ECHO 5000 ok");
            }
        }
    }
}
