// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.nfs4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import org.dcache.oncrpc4j.rdma.it.jvm.JvmCounters;
import org.dcache.oncrpc4j.rdma.it.jvm.JvmProcess;
import org.dcache.oncrpc4j.rpc.net.InetSocketAddresses;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Clients on TCP, in a JVM without the agent, with a layout of a dCache door. A door that reads for its client is such a client of its
 * pools.
 */
@Timeout(60)
class PoolsWithRdmaAloneIT {

    private static final int HELD_SECONDS = 2;
    private static final int SECONDS = 5;
    private static final String RDMA_ALONE = "transport=rdma,rdma.provider=iwarp,rdma.handshake-timeout=" + HELD_SECONDS + "s";

    @TempDir
    private Path folder;

    private DoorAndPools dcache;
    private JvmProcess poolDomain;

    /** The only address of the only pool, for a client on TCP. */
    private InetSocketAddress pool(String settings) throws IOException {
        poolDomain = dcache.domain(settings);
        int port = dcache.pool(poolDomain, "pool");
        int door = dcache.door(dcache.domain(DoorAndPools.BOTH), "127.0.0.1", port);
        try (NfsSession session = NfsSession.overTcp(new InetSocketAddress("127.0.0.1", door))) {
            FlexLayout layout = FlexLayout.get(session, new NfsFiles(session).create("file"));
            assertThat(layout.addresses()).extracting(address -> address.na_r_netid).containsExactly("tcp");
            return InetSocketAddresses.forUaddrString(layout.addresses().get(0).na_r_addr);
        }
    }

    @Test
    void aPoolWithBothServesAClientOnTcp() throws Exception {
        try (DoorAndPools domains = new DoorAndPools(folder)) {
            dcache = domains;
            try (NfsSession io = NfsSession.overTcp(pool(DoorAndPools.BOTH))) {
                assertThat(io.created()).isNotNull();
            }
        }
    }

    /** As the door of dCache dials: again as soon as a connection has ended. */
    @Test
    void whoDialsAPoolWithRdmaAloneAgainAndAgainIsHeldEachTime() throws Exception {
        try (DoorAndPools domains = new DoorAndPools(folder)) {
            dcache = domains;
            InetSocketAddress pool = pool(RDMA_ALONE);
            long end = System.nanoTime() + SECONDS * 1_000_000_000L;
            int tries = 0;
            while (System.nanoTime() < end) {
                assertThatThrownBy(() -> NfsSession.overTcp(pool).close()).isInstanceOf(IOException.class);
                tries++;
            }
            assertThat(tries).isLessThanOrEqualTo(SECONDS / HELD_SECONDS + 1);
            assertThat(poolDomain.expect("speaks RPC over TCP")).contains("oncrpc.transport=tcp,rdma");
            try (JvmCounters counters = JvmCounters.of(poolDomain.pid())) {
                assertThat(counters.counters()).containsEntry("iwarp.rpc_over_tcp", (long) tries);
            }
        }
    }

    /** What {@code oncrpc.rdma.connect} of a door is for: its clients have TCP, its pools RDMA. */
    @Test
    void aDoorThatDialsItsPoolsByRdmaReadsAndWritesForClientsOnTcp() throws Exception {
        byte[] data = NfsFiles.bytes(NfsFiles.TRANSFER);
        try (DoorAndPools domains = new DoorAndPools(folder)) {
            JvmProcess pools = domains.domain("transport=rdma,rdma.provider=iwarp");
            int pool = domains.pool(pools, "pool");
            JvmProcess doors = domains.domain(DoorAndPools.BOTH + ",rdma.connect=" + pool + ">+0");
            InetSocketAddress door = new InetSocketAddress("127.0.0.1", domains.door(doors, "127.0.0.1", pool));
            try (NfsSession session = NfsSession.overTcp(door); JvmCounters counters = JvmCounters.of(pools.pid())) {
                NfsFiles files = new NfsFiles(session);
                NfsFiles.Open file = files.create("file");
                files.write(file, data);
                assertThat(files.read(file, data.length)).isEqualTo(data);
                assertThat(counters.counters()).containsEntry("xprt.rdma_read_bytes", (long) data.length)
                        .containsEntry("xprt.rdma_write_bytes", (long) data.length);
            }
        }
    }

    /** Its client is told of each try. */
    @Test
    void aDoorThatDialsThemByTcpFailsSlowly() throws Exception {
        try (DoorAndPools domains = new DoorAndPools(folder)) {
            JvmProcess pools = domains.domain(RDMA_ALONE);
            JvmProcess doors = domains.domain(DoorAndPools.BOTH);
            int door = domains.door(doors, "127.0.0.1", domains.pool(pools, "pool"));
            try (NfsSession session = NfsSession.overTcp(new InetSocketAddress("127.0.0.1", door))) {
                NfsFiles files = new NfsFiles(session);
                NfsFiles.Open file = files.create("file");
                long end = System.nanoTime() + SECONDS * 1_000_000_000L;
                long tries = 0;
                while (System.nanoTime() < end) {
                    assertThatThrownBy(() -> files.readBlock(file, 0)).isInstanceOf(IOException.class);
                    tries++;
                }
                try (JvmCounters counters = JvmCounters.of(pools.pid())) {
                    assertThat(counters.counters()).containsEntry("iwarp.rpc_over_tcp", tries);
                }
                assertThat(tries).isLessThanOrEqualTo(SECONDS / HELD_SECONDS + 1);
            }
        }
    }
}
