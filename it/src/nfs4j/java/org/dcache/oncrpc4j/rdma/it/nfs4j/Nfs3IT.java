// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.nfs4j;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.dcache.nfs.v3.xdr.nfs_fh3;
import org.dcache.oncrpc4j.rdma.it.rpc.OverRdma;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** nfs4j's NFSv3 and MOUNT over RDMA. */
@OverRdma
class Nfs3IT {

    private NfsServer server;

    @BeforeEach
    void serve() throws IOException {
        server = NfsServer.serve();
    }

    @AfterEach
    void stop() throws IOException {
        server.close();
    }

    @Test
    void oneMebibyteIsWrittenByAReadChunkAndReadByAWriteChunk() throws Exception {
        byte[] data = NfsFiles.bytes(1 << 20);
        try (Nfs3Client client = new Nfs3Client(server.address())) {
            nfs_fh3 file = client.create("one");
            PathCounts writing = new PathCounts();
            client.write(file, 0, data);
            assertThat(writing.of("server_call_read_chunk")).isOne();
            assertThat(writing.of("rdma_read_bytes")).isEqualTo(data.length);
            PathCounts reading = new PathCounts();
            assertThat(client.read(file, 0, data.length)).isEqualTo(data);
            assertThat(reading.of("server_reply_write_chunk")).isOne();
            assertThat(reading.of("rdma_write_bytes")).isEqualTo(data.length);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4, 511, 3900, 3968, 4095, 4096, 4097, 65_535, 65_537, 262_146})
    void anySizeComesBackAsItWasWritten(int size) throws Exception {
        byte[] data = NfsFiles.bytes(size);
        try (Nfs3Client client = new Nfs3Client(server.address())) {
            nfs_fh3 file = client.create("file");
            client.write(file, 0, data);
            assertThat(client.read(file, 0, size + 10)).isEqualTo(data);
        }
    }
}
