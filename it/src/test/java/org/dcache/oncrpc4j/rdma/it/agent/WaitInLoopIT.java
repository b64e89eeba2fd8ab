// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.dcache.oncrpc4j.rdma.it.app.WaitingCalls;
import org.dcache.oncrpc4j.rdma.it.jvm.AgentJar;
import org.dcache.oncrpc4j.rdma.it.jvm.ClassPaths;
import org.dcache.oncrpc4j.rdma.it.jvm.JvmProcess;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A thread that calls again and again serves the loop while it waits, and its calls end as they do when another thread wakes it. */
class WaitInLoopIT {

    private static final String RDMA = "transport=rdma,rdma.provider=iwarp,rdma.loops=1";

    private static JvmProcess.Builder java(String arguments) {
        return JvmProcess.java().agent(AgentJar.path(), arguments).classPath(ClassPaths.application());
    }

    @ParameterizedTest
    @CsvSource({"on, 400, SERVES", "off, 5, ALONE"})
    void callsEndTheSameWhoeverServesTheLoop(String setting, int tries, String how) {
        List<String> parts = List.of("sizes", "beside", "back 0", "back 9", "time-out", "interrupt");
        try (JvmProcess server = java(RDMA).main(WaitingCalls.class, "serve").start();
                JvmProcess client = java(RDMA + ",rdma.wait-in-loop=" + setting)
                        .main(WaitingCalls.class, "call", server.valueOf("READY"), tries).start()) {
            for (String part : parts) {
                client.expect(how + " " + part);
                client.expect("DONE " + part);
            }
            client.expect(how + " end");
            client.expect("STOP");
            server.send("stop");
            client.expect("ENDED java.io.EOFException");
            assertThat(client.exitCode()).isZero();
        }
    }
}
