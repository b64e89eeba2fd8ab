// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.zip.ZipFile;
import org.dcache.oncrpc4j.rdma.it.app.EchoServer;
import org.dcache.oncrpc4j.rdma.it.jvm.AgentJar;
import org.dcache.oncrpc4j.rdma.it.jvm.ClassPaths;
import org.dcache.oncrpc4j.rdma.it.jvm.JvmProcess;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code rpcrdma info --bundle} of a JVM that serves. */
@Timeout(value = 3, unit = TimeUnit.MINUTES)
class BundleIT {

    private static String entry(ZipFile zip, String name) throws Exception {
        return new String(zip.getInputStream(zip.getEntry(name)).readAllBytes(), StandardCharsets.UTF_8);
    }

    @Test
    void itHasTheSettingsAndTheCountersOfAServer(@TempDir Path folder) throws Exception {
        try (JvmProcess server = JvmProcess.java().agent(AgentJar.path(), "transport=rdma,rdma.provider=iwarp,rdma.credits=17")
                .classPath(ClassPaths.application()).main(EchoServer.class).start()) {
            String address = server.valueOf("READY");
            Tool.run("ping", "--count=1", address.substring(1));
            String file = folder.resolve("bundle.zip").toString();
            Tool.Result wrote = Tool.run("info", "--bundle", file, "" + server.pid());
            assertThat(wrote.output()).isEqualTo("Wrote " + file + ": look through it before you send it.\n");
            assertThat(wrote.status()).isZero();
            try (ZipFile zip = new ZipFile(file)) {
                assertThat(entry(zip, "about.txt")).containsPattern("agent jar .*, version \\d");
                assertThat(entry(zip, "process.txt")).startsWith("agent jar " + AgentJar.path() + ", version ")
                        .containsPattern("oncrpc.rdma.credits +17 +agent argument");
                assertThat(entry(zip, "counters.txt")).contains("server echo on " + address).contains("problems since the start: ");
                assertThat(entry(zip, "counters.json")).startsWith("{\"pid\": " + server.pid()).contains("\"xprt.server_call_inline\": 1");
            }
        }
    }
}
