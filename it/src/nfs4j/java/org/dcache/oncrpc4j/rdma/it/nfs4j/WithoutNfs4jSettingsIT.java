// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.nfs4j;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import org.dcache.nfs.v4.CompoundBuilder;
import org.dcache.nfs.v4.xdr.layouttype4;
import org.dcache.nfs.v4.xdr.netaddr4;
import org.dcache.oncrpc4j.rdma.it.nfs4j.app.MemoryFileSystem;
import org.dcache.oncrpc4j.rdma.it.rpc.OverRdma;
import org.junit.jupiter.api.Test;

/** With the agent, but without the settings that weave nfs4j: nfs4j's sizes and addresses are those that it has without the agent. */
@OverRdma
class WithoutNfs4jSettingsIT {

    private static final int NFS3_SIZE = 32 << 10;
    private static final long NFS4_SIZE = 16 << 20;

    @Test
    void nfs4jNamesItsOwnTransferSizes() throws Exception {
        try (NfsServer server = NfsServer.serve();
                Nfs3Client client = new Nfs3Client(server.address());
                NfsSession session = new NfsSession(server.address())) {
            assertThat(client.information().rtmax.value).isEqualTo(NFS3_SIZE);
            assertThat(client.information().rtpref.value).isEqualTo(NFS3_SIZE);
            assertThat(client.information().wtmax.value).isEqualTo(NFS3_SIZE);
            assertThat(client.information().wtpref.value).isEqualTo(NFS3_SIZE);
            assertThat(NfsFiles.transferSizes(session)).containsExactly(NFS4_SIZE, NFS4_SIZE);
        }
    }

    @Test
    void aReadOfMoreThanAMebibyteIsServedWhole() throws Exception {
        int size = NfsFiles.TRANSFER + 4096;
        try (NfsServer server = NfsServer.serve(); NfsSession session = new NfsSession(server.address())) {
            NfsFiles nfs = new NfsFiles(session);
            NfsFiles.Open file = nfs.create("file");
            nfs.write(file, NfsFiles.bytes(size));
            assertThat(session.compound(new CompoundBuilder().withPutfh(file.handle()).withRead(size, 0, file.state())).get(1)
                    .opread.resok4.data.remaining()).isEqualTo(size);
        }
    }

    @Test
    void dataServersAreNamedByTheirTcpAddress() throws Exception {
        try (NfsServer metadata = NfsServer.serve(new MemoryFileSystem(true), new OneDataServer(new InetSocketAddress("192.0.2.17", 2052)));
                NfsSession session = new NfsSession(metadata.address())) {
            netaddr4 address = DeviceInfo.of(session, layouttype4.LAYOUT4_NFSV4_1_FILES);
            assertThat(address.na_r_netid).isEqualTo("tcp");
            assertThat(address.na_r_addr).isEqualTo("192.0.2.17.8.4");
        }
    }
}
