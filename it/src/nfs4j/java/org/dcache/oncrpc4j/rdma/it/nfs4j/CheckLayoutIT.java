// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.nfs4j;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import org.dcache.oncrpc4j.rdma.it.Tool;
import org.dcache.oncrpc4j.rdma.it.jvm.JvmProcess;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code rpcrdma check DOOR --layout FILE}: the addresses in the layouts of a door as dCache has it, and whether its pool answers. */
class CheckLayoutIT {

    @TempDir
    private Path folder;

    private static Tool.Result check(int door, String path) throws IOException, InterruptedException {
        return Tool.run("check", "127.0.0.1:" + door, "--layout", path, "--timeout=3000", "--set", "rdma.provider=iwarp");
    }

    @Test
    void addressesForClientsOnEitherTransportAndWhetherThePoolAnswersThere() throws Exception {
        try (DoorAndPools dcache = new DoorAndPools(folder)) {
            JvmProcess domain = dcache.domain(DoorAndPools.BOTH);
            int pool = dcache.pool(domain, "pool");
            int door = dcache.door(dcache.domain(DoorAndPools.BOTH), "127.0.0.1", pool);
            try (NfsSession session = NfsSession.overTcp(new InetSocketAddress("127.0.0.1", door))) {
                NfsFiles files = new NfsFiles(session);
                files.mkdir("folder");
                files.close(files.create("folder/file"));
            }
            String tcp = "127.0.0.1 port " + pool;

            Tool.Result whole = check(door, "/folder/file");
            assertThat(whole.output()).contains("layout of /folder/file by TCP, 127.0.0.1:" + door)
                    .containsPattern("ok +layout +flex files: tcp " + tcp + "\n").contains("data server " + tcp + " (tcp)\n")
                    .containsPattern("ok +layout +flex files: rdma " + tcp + ", tcp " + tcp + "\n")
                    .contains("data server " + tcp + " (rdma, tcp)\n").doesNotContain("wrong");
            assertThat(whole.status()).as(whole.output()).isZero();

            Tool.Result missing = check(door, "/folder/other");
            assertThat(missing.output()).containsPattern("wrong +layout +the server refused OPEN of 'other': NFS4ERR_NOENT");
            assertThat(missing.status()).isOne();

            domain.close();
            domain = dcache.domain("transport=tcp");
            assertThat(dcache.pool(domain, "pool")).isEqualTo(pool);
            Tool.Result slow = check(door, "folder/file");
            assertThat(slow.output()).containsPattern("wrong +RDMA +the layout names this address for RDMA, .*data goes by TCP after");
            assertThat(slow.status()).isOne();

            domain.close();
            Tool.Result gone = check(door, "folder/file");
            assertThat(gone.output()).containsPattern("wrong +TCP +the layout names this address for TCP").contains("clients hang");
            assertThat(gone.status()).isOne();
        }
    }

    @Test
    void aDoorThatGivesTcpAddressesToClientsOnRdmaIsToldWhatItLacks() throws Exception {
        try (DoorAndPools dcache = new DoorAndPools(folder)) {
            JvmProcess domain = dcache.domain("transport=tcp,rdma,rdma.provider=iwarp");
            int door = dcache.door(domain, "127.0.0.1", dcache.pool(domain, "pool"));
            try (NfsSession session = NfsSession.overTcp(new InetSocketAddress("127.0.0.1", door))) {
                NfsFiles files = new NfsFiles(session);
                files.close(files.create("file"));
            }
            Tool.Result result = check(door, "file");
            assertThat(result.output()).containsPattern("ok +layout +flex files: tcp ")
                    .containsPattern("wrong +layout +.*none for RDMA, .*oncrpc.rdma.nfs4j.devices");
            assertThat(result.status()).isOne();
        }
    }
}
