// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.dcache.oncrpc4j.rdma.it.app.EchoServer;
import org.dcache.oncrpc4j.rdma.it.jvm.AgentJar;
import org.dcache.oncrpc4j.rdma.it.jvm.ClassPaths;
import org.dcache.oncrpc4j.rdma.it.jvm.ContainerModules;
import org.dcache.oncrpc4j.rdma.it.jvm.JvmProcess;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code rpcrdma stat} of a JVM that serves. */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class StatIT {

    /** The JVM that has the service is the last that {@code serve} started. */
    private static String pid(Served served) {
        return Long.toString(served.processes().get(served.processes().size() - 1).pid());
    }

    @Test
    void aServiceIsShownByProcessIdWithItsCounters() throws Exception {
        try (Served served = Served.start("--memory")) {
            assertThat(Tool.run("ping", "-c", "5", "127.0.0.1:" + served.rdmaPort()).status()).isZero();
            Tool.Result shown = Tool.run("stat", pid(served));
            assertThat(shown.status()).as(shown.output()).isZero();
            assertThat(shown.output()).contains("process " + pid(served) + ", server").contains(":" + served.rdmaPort())
                    .containsPattern("served: calls +[1-9]").contains("problems since the start: none")
                    .containsPattern("served: NULL +5 +0\\.31 +0\\.06 +[0-9.]+ +[0-9.]+\n");

            Tool.Result twice = Tool.run("stat", "--json", "-i", "1", "-c", "2", pid(served));
            assertThat(twice.status()).as(twice.output()).isZero();
            assertThat(twice.output().lines().filter(line -> line.startsWith("{\"pid\": " + pid(served) + ", "))).hasSize(2)
                    .allSatisfy(line -> assertThat(line).contains("\"xprt.server_call_inline\": ",
                            "\"served.inline.null\": {\"calls\": 5, "));
        }
    }

    /** A client that speaks plain TCP to the port never becomes a connection of the service. */
    @Test
    void handshakesThatAreRefusedAreProblemsToo() throws Exception {
        try (Served served = Served.start("--memory", "--set", "rdma.handshake-timeout=1s");
                Socket plain = new Socket("127.0.0.1", served.rdmaPort())) {
            plain.getOutputStream().write(new byte[64]);
            assertThat(plain.getInputStream().read()).as("what is answered").isEqualTo(-1);
            try (Socket rpc = new Socket("127.0.0.1", served.rdmaPort())) {
                rpc.getOutputStream().write(ByteBuffer.allocate(44).putInt(0x80000000 | 40).putInt(8, 0).putInt(12, 2).array());
                assertThat(rpc.getInputStream().read()).isEqualTo(-1);
            }
            Tool.Result shown = Tool.run("stat", pid(served));
            assertThat(shown.output())
                    .contains("problems since the start: iwarp.handshake_bad_key 1 (whole process), iwarp.rpc_over_tcp 1 (whole process)")
                    .containsPattern("iwarp.handshake_bad_key: [0-9.]+ a minute, last 2.*Z of /127\\.0\\.0\\.1:"
                            + plain.getLocalPort() + ": .");
        }
    }

    /** A JVM, and the tool too, with the modules of dCache's container and no other. */
    @Test
    void aContainersJvmIsReadFromItsSocketAndSaysSoWhenAttachedTo(@TempDir Path folder) throws Exception {
        Path runtime = ContainerModules.runtime();
        String socket = folder.resolve("stat").toString();
        try (JvmProcess server = JvmProcess.java().home(runtime).agent(AgentJar.path(), "transport=tcp,rdma,rdma.provider=iwarp,"
                + "rdma.stat-socket=" + socket).classPath(ClassPaths.application()).main(EchoServer.class).start()) {
            String address = server.valueOf("READY");
            String pid = Long.toString(server.pid());
            Tool.Result attached = Tool.run("stat", pid);
            assertThat(attached.output()).contains("jdk.management.agent").contains("-Doncrpc.rdma.stat-socket=PATH");
            assertThat(attached.status()).isOne();
            for (Path java : List.of(Path.of(System.getProperty("java.home")), runtime)) {
                Tool.Result shown = Tool.runWith(java, "stat", socket);
                assertThat(shown.output()).contains("process " + pid + ", server echo on " + address);
                assertThat(shown.status()).isZero();
            }
            Tool.Result here = Tool.runWith(runtime, "stat", pid);
            assertThat(here.output()).contains("lacks the module jdk.attach").hasLineCount(1);
            assertThat(here.status()).isOne();
            server.send("stop");
            server.expect("STOPPED");
            assertThat(Path.of(socket)).doesNotExist();
        }
    }

    @Test
    void aJvmThatEndsLeavesTheOthersInSight() throws Exception {
        try (Served stays = Served.start("--memory"); Served ends = Served.start("--memory");
                JvmProcess stat = Tool.start("stat", "--interval", "1", "--count", "6")) {
            String pid = pid(ends);
            stat.expect("process " + pid + ",");
            ends.close();
            stat.expect("process " + pid + " does not answer any more");
            stat.expect("process " + pid(stays) + ",");
            assertThat(stat.exitCode()).as(stat.output()).isZero();
        }
    }

    @Test
    void whatIsNotThereIsSaidInOneLine() throws Exception {
        Tool.Result none = Tool.run("stat", "no-such-service");
        assertThat(none.status()).isEqualTo(1);
        assertThat(none.output()).contains("stat: no JVM of this user has an RDMA service named no-such-service");
        assertThat(Tool.run("stat", "-i", "-3").status()).isEqualTo(2);
    }
}
