// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.nfs4j;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.dcache.nfs.v4.ff.flex_files_prot;
import org.dcache.nfs.v4.xdr.netaddr4;
import org.dcache.oncrpc4j.rdma.it.jvm.JvmCounters;
import org.dcache.oncrpc4j.rdma.it.jvm.JvmProcess;
import org.dcache.oncrpc4j.rpc.net.InetSocketAddresses;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A door and pools as dCache has them, several in one JVM, for a client on RDMA that follows its layouts. */
@OverRdmaWithNfs4jSettings
class DoorAndPoolsIT {

    private static final int BLOCKS = 2 * NfsFiles.TRANSFER;
    private static final int SIZE = BLOCKS + 17;

    @TempDir
    private Path folder;

    /** Two pools in one domain, and a pool and the door in another; nothing but the one flag. */
    @Test
    void aClientOnRdmaReadsAndWritesAtAllPoolsOverRdmaAndNothingByTheDoor() throws Exception {
        byte[] data = NfsFiles.bytes(SIZE);
        try (DoorAndPools dcache = new DoorAndPools(folder)) {
            JvmProcess two = dcache.domain(DoorAndPools.BOTH);
            JvmProcess mixed = dcache.domain(DoorAndPools.BOTH);
            int[] pools = {dcache.pool(two, "one"), dcache.pool(two, "two"), dcache.pool(mixed, "three")};
            List<Integer> used = new ArrayList<>();
            try (NfsSession door = new NfsSession(new InetSocketAddress("127.0.0.1", dcache.door(mixed, "127.0.0.1", pools)))) {
                for (int i = 0; i < pools.length; i++) {
                    FlexLayout layout = FlexLayout.get(door, new NfsFiles(door).create("file " + i));
                    assertThat(layout.flags()).isEqualTo(flex_files_prot.FF_FLAGS_NO_IO_THRU_MDS);
                    assertThat(layout.addresses()).extracting(address -> address.na_r_netid).containsExactly("rdma", "tcp");
                    assertThat(layout.addresses()).extracting(DoorAndPoolsIT::address).containsOnly(address(layout.addresses().get(0)));
                    InetSocketAddress pool = address(layout.addresses().get(0));
                    used.add(pool.getPort());
                    try (NfsSession io = new NfsSession(pool)) {
                        NfsFiles files = new NfsFiles(io);
                        files.write(layout.file(), data);
                        assertThat(files.read(layout.file(), SIZE)).isEqualTo(data);
                    }
                }
            }
            assertThat(used).containsExactlyInAnyOrder(pools[0], pools[1], pools[2]);
            movedByRdma(two, 2);
            movedByRdma(mixed, 1);
        }
    }

    private static InetSocketAddress address(netaddr4 address) {
        return InetSocketAddresses.forUaddrString(address.na_r_addr);
    }

    /** Each file's bytes were pulled, and then copied by nfs4j's WRITE, and placed straight from the file. Its end went inline. */
    private static void movedByRdma(JvmProcess domain, long files) throws Exception {
        try (JvmCounters counters = JvmCounters.of(domain.pid())) {
            assertThat(counters.counters()).containsEntry("xprt.rdma_read_bytes", files * BLOCKS)
                    .containsEntry("xprt.bulk_bytes_copied", files * BLOCKS).containsEntry("xprt.rdma_write_bytes", files * SIZE);
        }
    }
}
