// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.provider;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.function.Function;
import org.dcache.oncrpc4j.rdma.it.app.WaitingCalls;
import org.dcache.oncrpc4j.rdma.it.jvm.AgentJar;
import org.dcache.oncrpc4j.rdma.it.jvm.ClassPaths;
import org.dcache.oncrpc4j.rdma.it.jvm.JvmProcess;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A thread that calls again and again serves the loop while it waits, and its calls end as they do when another thread wakes it. */
class WaitInLoopIT {

    @ParameterizedTest
    @CsvSource({"iwarp, on, 400, SERVES", "iwarp, off, 5, ALONE", "rdma-core, on, 400, SERVES", "rdma-core, off, 5, ALONE"})
    void callsEndTheSameWhoeverServesTheLoop(String provider, String setting, int tries, String how) {
        Function<String, JvmProcess.Builder> java = provider.equals("rdma-core") ? SoftDevice.require()::java
                : arguments -> JvmProcess.java().agent(AgentJar.path(), arguments).classPath(ClassPaths.application());
        String rdma = "transport=rdma,rdma.loops=1,rdma.provider=" + provider;
        List<String> parts = List.of("sizes", "beside", "back 0", "back 9", "time-out", "interrupt");
        try (JvmProcess server = java.apply(rdma).main(WaitingCalls.class, "serve").start();
                JvmProcess client = java.apply(rdma + ",rdma.wait-in-loop=" + setting)
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
