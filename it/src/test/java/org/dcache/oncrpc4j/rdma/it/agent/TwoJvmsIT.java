// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.tools.attach.VirtualMachine;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.dcache.oncrpc4j.rdma.it.app.EchoClient;
import org.dcache.oncrpc4j.rdma.it.app.EchoServer;
import org.dcache.oncrpc4j.rdma.it.app.LateServer;
import org.dcache.oncrpc4j.rdma.it.app.WebContainer;
import org.dcache.oncrpc4j.rdma.it.jvm.AgentJar;
import org.dcache.oncrpc4j.rdma.it.jvm.ClassPaths;
import org.dcache.oncrpc4j.rdma.it.jvm.Jdks;
import org.dcache.oncrpc4j.rdma.it.jvm.JvmProcess;
import org.dcache.oncrpc4j.rdma.it.jvm.Ports;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The deliverable as it is: programs that know oncrpc4j only, in JVMs of their own, with one flag more. */
class TwoJvmsIT {

    private static final String RDMA = "transport=rdma,rdma.provider=iwarp";
    private static final Object[] SIZES = {0, 100, 5000, 100_000, 1 << 20};

    private static JvmProcess.Builder java(String arguments) {
        return JvmProcess.java().agent(AgentJar.path(), arguments).classPath(ClassPaths.application());
    }

    private static int port(JvmProcess server) {
        String address = server.valueOf("READY");
        return Integer.parseInt(address.substring(address.lastIndexOf(':') + 1));
    }

    /** Echoes all sizes over RDMA. */
    private static void echo(JvmProcess.Builder java, int port) {
        Object[] arguments = new Object[2 + SIZES.length];
        arguments[0] = "127.0.0.1";
        arguments[1] = port;
        System.arraycopy(SIZES, 0, arguments, 2, SIZES.length);
        try (JvmProcess client = java.main(EchoClient.class, arguments).start()) {
            client.expect("TRANSPORT org.dcache.oncrpc4j.rdma.rpc.RdmaRpcTransport");
            client.expect("NULL ok");
            for (Object size : SIZES) {
                client.expect("ECHO " + size + " ok");
            }
            assertThat(client.exitCode()).isZero();
        }
    }

    @Test
    void anUnmodifiedServiceAnswersAnUnmodifiedClientOverRdma() {
        try (JvmProcess server = java(RDMA).main(EchoServer.class).start()) {
            int port = port(server);
            echo(java(RDMA), port);
            echo(java(RDMA), port);
            server.send("stop 2000");
            server.expect("STOPPED");
            assertThat(server.exitCode()).isZero();
        }
    }

    @Test
    void aClientThatSpeaksTcpGetsNoAnswerFromRdma() {
        try (JvmProcess server = java(RDMA).main(EchoServer.class).start();
                JvmProcess client = JvmProcess.java().classPath(ClassPaths.application()).main(EchoClient.class, "127.0.0.1", port(server))
                        .start()) {
            client.expect("FAILED");
            assertThat(client.output()).doesNotContain("NULL ok");
        }
    }

    @Test
    void aServiceOnBothIsReachedByBoth() throws IOException {
        int tcp = Ports.freePair();
        int rdma = tcp + 1;
        try (JvmProcess server = java("transport=tcp,rdma,rdma.provider=iwarp,rdma.port.echo=" + rdma).main(EchoServer.class, tcp)
                .start()) {
            assertThat(port(server)).isEqualTo(tcp);
            try (JvmProcess client = JvmProcess.java().classPath(ClassPaths.application()).main(EchoClient.class, "127.0.0.1", tcp, 9000)
                    .start()) {
                client.expect("TRANSPORT org.dcache.oncrpc4j.grizzly.GrizzlyRpcTransport");
                client.expect("ECHO 9000 ok");
            }
            echo(java("transport=tcp,rdma,rdma.provider=iwarp,rdma.connect=" + tcp + ">" + rdma), tcp);
        }
    }

    /** The rules of a provider that is not there: one line, nothing bound. */
    @ParameterizedTest
    @ValueSource(strings = {"rdma-core", "disni"})
    void aProviderThatIsNotThereFailsTheStart(String provider) throws IOException {
        int port = Ports.freePair();
        try (JvmProcess server = java("transport=rdma,rdma.provider=" + provider).main(EchoServer.class, port, "tcp+udp").start()) {
            String failure = server.valueOf("FAILED");
            assertThat(failure).contains(provider);
            try (ServerSocket free = new ServerSocket()) {
                free.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            }
            assertThat(server.output()).doesNotContain("READY");
        }
    }

    @Test
    void webApplicationsEachHaveTheTransportAndLeaveNothingBehind() {
        String application = ClassPaths.application().stream().map(Path::toString).collect(Collectors.joining(File.pathSeparator));
        try (JvmProcess container = JvmProcess.java().agent(AgentJar.path(), RDMA).classPath(List.of(ClassPaths.applicationJar()))
                .main(WebContainer.class, application).start()) {
            for (String name : List.of("war1", "war2")) {
                container.expect("DEPLOYED " + name + " " + name);
                container.expect("TRANSPORT org.dcache.oncrpc4j.rdma.rpc.RdmaRpcTransport");
                container.expect("ECHO 200000 ok");
            }
            assertThat(container.exitCode()).as(container.output()).isZero();
            assertThat(container.lines()).contains("UNLOADED war1", "UNLOADED war2");
        }
    }

    @Test
    void onTheModulePath() {
        List<Path> modules = new ArrayList<>(ClassPaths.oncrpc4j());
        modules.add(ClassPaths.applicationJar());
        try (JvmProcess server = JvmProcess.java().agent(AgentJar.path(), RDMA).modulePath(modules)
                .main("-m", "rpc.application/" + EchoServer.class.getName()).start()) {
            echo(java(RDMA), port(server));
        }
    }

    @Test
    void attachedLate() throws Exception {
        try (JvmProcess server = JvmProcess.java().classPath(ClassPaths.application()).option("-XX:+EnableDynamicAgentLoading")
                .main(LateServer.class).start()) {
            server.expect("EARLY");
            VirtualMachine machine = VirtualMachine.attach("" + server.pid());
            try {
                machine.loadAgent(AgentJar.path().toString(), RDMA);
            } finally {
                machine.detach();
            }
            server.send("go");
            echo(java(RDMA), port(server));
        }
    }

    @Test
    void onANewerJdk() {
        Optional<Path> jdk = Jdks.atLeast(22);
        assumeTrue(jdk.isPresent(), "no JDK of version 22 or newer is installed beside the one that runs the tests");
        try (JvmProcess server = java(RDMA).home(jdk.get()).main(EchoServer.class).start()) {
            int port = port(server);
            echo(java(RDMA).home(jdk.get()), port);
            echo(java(RDMA), port);
            assertThat(server.output()).doesNotContainIgnoringCase("terminally deprecated").doesNotContain("Restricted methods");
        }
    }
}
