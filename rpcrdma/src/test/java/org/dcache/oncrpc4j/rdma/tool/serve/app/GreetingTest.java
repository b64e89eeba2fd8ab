// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.serve.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.dcache.oncrpc4j.rdma.export.ExportOptions;
import org.junit.jupiter.api.Test;

/** The mount commands that {@code rpcrdma serve} prints are such as Linux takes. */
class GreetingTest {

    private static List<String> commands(String bind) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        Greeting.print(new PrintStream(bytes, true, StandardCharsets.UTF_8),
                new ServePlan(null, 1 << 20, null, true, bind, 2049, 20049, 1, ExportOptions.DEFAULT, null, false));
        return bytes.toString(StandardCharsets.UTF_8).lines().map(String::strip).filter(line -> line.startsWith("mount ")).toList();
    }

    @Test
    void anIpv4AddressIsMountedByIpv4() {
        assertThat(commands("192.0.2.1"))
                .containsExactly("mount -t nfs -o vers=3,proto=rdma,port=20049,mountproto=tcp,mountport=2049,nolock 192.0.2.1:/ /mnt",
                "mount -t nfs -o vers=3,proto=tcp,port=2049,mountproto=tcp,mountport=2049,nolock 192.0.2.1:/ /mnt");
    }

    @Test
    void anIpv6AddressIsMountedByIpv6() {
        assertThat(commands("2001:db8::1"))
                .containsExactly("mount -t nfs -o vers=3,proto=rdma6,port=20049,mountproto=tcp6,mountport=2049,nolock "
                + "[2001:db8:0:0:0:0:0:1]:/ /mnt",
                "mount -t nfs -o vers=3,proto=tcp6,port=2049,mountproto=tcp6,mountport=2049,nolock [2001:db8:0:0:0:0:0:1]:/ /mnt");
    }
}
