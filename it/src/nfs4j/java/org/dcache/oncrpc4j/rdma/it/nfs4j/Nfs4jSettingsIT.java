// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.nfs4j;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.dcache.nfs.v3.xdr.nfs_fh3;
import org.dcache.nfs.v4.CompoundBuilder;
import org.dcache.oncrpc4j.rdma.it.nfs4j.app.MemoryFileSystem;
import org.junit.jupiter.api.Test;

/** {@code oncrpc.rdma.nfs4j.transfer-size=1048576} in an unmodified nfs4j. */
@OverRdmaWithNfs4jSettings
class Nfs4jSettingsIT {

    private static final int SIZE = 1 << 20;

    /** More than the JVM's heap. */
    private static final int HUGE = Integer.MAX_VALUE - 8;

    @Test
    void nfsv3NamesTheTransferSize() throws Exception {
        try (NfsServer server = NfsServer.serve(); Nfs3Client client = new Nfs3Client(server.address())) {
            assertThat(client.information().rtmax.value).isEqualTo(SIZE);
            assertThat(client.information().rtpref.value).isEqualTo(SIZE);
            assertThat(client.information().wtmax.value).isEqualTo(SIZE);
            assertThat(client.information().wtpref.value).isEqualTo(SIZE);
        }
    }

    @Test
    void nfsv4NamesTheTransferSize() throws Exception {
        try (NfsServer server = NfsServer.serve(); NfsSession session = new NfsSession(server.address())) {
            assertThat(NfsFiles.transferSizes(session)).containsExactly((long) SIZE, (long) SIZE);
        }
    }

    @Test
    void aReadOfMoreIsServedUpToTheTransferSize() throws Exception {
        byte[] data = NfsFiles.bytes(SIZE + 4096);
        try (NfsServer server = NfsServer.serve(); NfsSession session = new NfsSession(server.address())) {
            NfsFiles nfs = new NfsFiles(session);
            NfsFiles.Open file = nfs.create("file");
            nfs.write(file, data);
            var read = session.compound(new CompoundBuilder().withPutfh(file.handle()).withRead(SIZE + 4096, 0, file.state()))
                    .get(1).opread.resok4;
            assertThat(read.data.remaining()).isEqualTo(SIZE);
            assertThat(read.eof).isFalse();
            try (Nfs3Client client = new Nfs3Client(server.address())) {
                nfs_fh3 handle = client.create("file3");
                client.write(handle, 0, Arrays.copyOf(data, SIZE));
                assertThat(client.read(handle, 0, SIZE + 4096)).hasSize(SIZE);
            }
        }
    }

    /**
     * A count for which there is no memory: without the bound, nfs4j would allocate it. Over UDP, where our client sizes no chunks for it.
     */
    @Test
    void aHugeCountAllocatesNothing() throws Exception {
        try (NfsServer server = NfsServer.serve(new MemoryFileSystem(false), null);
                NfsSession session = NfsSession.overUdp(server.udpAddress())) {
            NfsFiles nfs = new NfsFiles(session);
            NfsFiles.Open file = nfs.create("small");
            nfs.write(file, NfsFiles.bytes(100));
            var read = session.compound(new CompoundBuilder().withPutfh(file.handle()).withRead(HUGE, 0, file.state()))
                    .get(1).opread.resok4;
            assertThat(read.data.remaining()).isEqualTo(100);
        }
    }
}
