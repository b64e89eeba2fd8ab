// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.nfs4j;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.stream.IntStream;
import org.dcache.nfs.v4.CompoundBuilder;
import org.dcache.nfs.v4.xdr.READ4resok;
import org.dcache.nfs.v4.xdr.layoutiomode4;
import org.dcache.nfs.v4.xdr.layouttype4;
import org.dcache.nfs.v4.xdr.netaddr4;
import org.dcache.nfs.v4.xdr.nfs4_prot;
import org.dcache.nfs.v4.xdr.nfs_cb_argop4;
import org.dcache.nfs.v4.xdr.nfs_cb_opnum4;
import org.dcache.oncrpc4j.rdma.it.nfs4j.app.MemoryFileSystem;
import org.dcache.oncrpc4j.rpc.net.InetSocketAddresses;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** pNFS with nfs4j's metadata server, data server and layout drivers, all over RDMA: {@code oncrpc.rdma.nfs4j.devices=same}. */
@OverRdmaWithNfs4jSettings
class PnfsIT {

    private static final int READS = 20;

    @TempDir
    private Path folder;

    @ParameterizedTest
    @EnumSource(value = layouttype4.class, names = {"LAYOUT4_NFSV4_1_FILES", "LAYOUT4_FLEX_FILES"})
    void clientsGetTheDataServersAddressOnTheirOwnTransport(layouttype4 type) throws Exception {
        InetSocketAddress address = new InetSocketAddress("192.0.2.17", 2052);
        try (NfsServer metadata = NfsServer.serve(new MemoryFileSystem(true), new OneDataServer(address));
                NfsSession rdma = new NfsSession(metadata.address());
                NfsSession other = NfsSession.overUdp(metadata.udpAddress())) {
            for (int round = 0; round < 2; round++) {
                netaddr4 overRdma = DeviceInfo.of(rdma, type);
                assertThat(overRdma.na_r_netid).isEqualTo("rdma");
                assertThat(overRdma.na_r_addr).isEqualTo("192.0.2.17.8.4");
                netaddr4 asItIs = DeviceInfo.of(other, type);
                assertThat(asItIs.na_r_netid).isEqualTo("tcp");
                assertThat(asItIs.na_r_addr).isEqualTo("192.0.2.17.8.4");
            }
        }
    }

    @Test
    void aLayoutLeadsToTheDataServerOverRdmaAndIsRecalledThere() throws Exception {
        byte[] data = NfsFiles.bytes(NfsFiles.TRANSFER);
        MemoryFileSystem files = new MemoryFileSystem(true);
        try (NfsServer storage = NfsServer.dataServer(files, folder)) {
            OneDataServer devices = new OneDataServer(storage.address());
            try (NfsServer metadata = NfsServer.serve(files, devices); NfsSession session = new NfsSession(metadata.address())) {
                NfsFiles.Open file = new NfsFiles(session).create("striped");
                var layout = session.compound(new CompoundBuilder().withPutfh(file.handle()).withLayoutget(false,
                        layouttype4.LAYOUT4_NFSV4_1_FILES, layoutiomode4.LAYOUTIOMODE4_RW, 0, nfs4_prot.NFS4_UINT64_MAX, data.length, 4096,
                        file.state())).get(1).oplayoutget.logr_resok4;
                netaddr4 address = DeviceInfo.of(session, layouttype4.LAYOUT4_NFSV4_1_FILES);
                assertThat(address.na_r_netid).isEqualTo("rdma");

                try (NfsSession io = new NfsSession(InetSocketAddresses.forUaddrString(address.na_r_addr))) {
                    PathCounts counts = new PathCounts();
                    io.compound(new CompoundBuilder().withPutfh(file.handle()).withWrite(0, ByteBuffer.wrap(data), layout.logr_stateid));
                    var read = io.compound(new CompoundBuilder().withPutfh(file.handle()).withRead(data.length, 0, layout.logr_stateid))
                            .get(1).opread.resok4;
                    byte[] came = new byte[read.data.remaining()];
                    read.data.get(came);
                    assertThat(came).isEqualTo(data);
                    assertThat(counts.of("server_call_read_chunk")).isOne();
                    assertThat(counts.of("server_reply_write_chunk")).isOne();
                    assertThat(counts.of("rdma_read_bytes")).isEqualTo(data.length);
                    assertThat(counts.of("rdma_write_bytes")).isEqualTo(data.length);
                }

                devices.recall();
                nfs_cb_argop4 recall = session.callbacks().next();
                assertThat(recall.argop).isEqualTo(nfs_cb_opnum4.OP_CB_LAYOUTRECALL);
                assertThat(recall.opcblayoutrecall.clora_recall.lor_layout.lor_stateid.other).isEqualTo(layout.logr_stateid.other);
                devices.deleteDevice();
                assertThat(session.callbacks().next().argop).isEqualTo(nfs_cb_opnum4.OP_CB_NOTIFY_DEVICEID);
            }
        }
    }

    /** Several slots at a time. Each READ's data goes by a Write chunk out of the memory that the file was read into. */
    @Test
    void aPoolsFileChunksAreReadIntoTheMemoryThatIsSent() throws Exception {
        byte[] data = NfsFiles.bytes(NfsFiles.TRANSFER);
        MemoryFileSystem files = new MemoryFileSystem(true);
        try (NfsServer pool = NfsServer.pool(files, folder);
                NfsServer metadata = NfsServer.serve(files, new OneDataServer(pool.address()));
                NfsSession session = new NfsSession(metadata.address());
                NfsSession io = new NfsSession(pool.address())) {
            NfsFiles.Open file = new NfsFiles(session).create("replica");
            NfsFiles replica = new NfsFiles(io);
            replica.write(file, data);
            PathCounts counts = new PathCounts();
            IntStream.range(0, READS).parallel().forEach(i -> {
                try {
                    READ4resok read = replica.readBlock(file, 0);
                    assertThat(read.eof).isTrue();
                    assertThat(read.data).isEqualTo(ByteBuffer.wrap(data));
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
            assertThat(counts.of("server_reply_write_chunk")).isEqualTo(READS);
            assertThat(counts.of("rdma_write_bytes")).isEqualTo((long) READS * data.length);
            assertThat(counts.of("bulk_bytes_copied")).isZero();
        }
    }
}
