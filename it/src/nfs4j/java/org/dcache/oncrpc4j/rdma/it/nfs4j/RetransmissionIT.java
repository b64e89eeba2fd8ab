// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.nfs4j;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.dcache.nfs.nfsstat;
import org.dcache.nfs.v4.CompoundBuilder;
import org.dcache.nfs.v4.xdr.COMPOUND4args;
import org.dcache.nfs.v4.xdr.COMPOUND4res;
import org.dcache.oncrpc4j.rdma.it.rpc.OverRdma;
import org.dcache.oncrpc4j.rpc.RpcCall;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** NFSv4.1 compounds with a READ that come again, with the slot and the sequence of the first time. */
@OverRdma
class RetransmissionIT {

    /** One READ goes by Write chunk, the other stays inline. */
    @ParameterizedTest
    @ValueSource(ints = {NfsFiles.TRANSFER - 3, 100})
    void aReplyThatTheServerKeptBringsTheSameBytesAgainOnAnyConnection(int size) throws Exception {
        byte[] data = NfsFiles.bytes(size);
        try (NfsServer server = NfsServer.serve(); NfsSession session = new NfsSession(server.address())) {
            COMPOUND4args read = read(session, data, true);
            for (RpcCall connection : new RpcCall[] {session.connection(), session.connection(), session.furtherConnection()}) {
                COMPOUND4res result = NfsSession.send(connection, read);
                assertThat(result.status).isEqualTo(nfsstat.NFS_OK);
                ByteBuffer came = result.resarray.get(2).opread.resok4.data;
                assertThat(came).isEqualTo(ByteBuffer.wrap(data));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {NfsFiles.TRANSFER - 3, 100})
    void oneThatItDidNotKeepIsRefusedAndTheSessionGoesOn(int size) throws Exception {
        byte[] data = NfsFiles.bytes(size);
        try (NfsServer server = NfsServer.serve(); NfsSession session = new NfsSession(server.address())) {
            COMPOUND4args read = read(session, data, false);
            assertThat(NfsSession.send(session.connection(), read).status).isEqualTo(nfsstat.NFS_OK);
            for (RpcCall connection : new RpcCall[] {session.connection(), session.furtherConnection()}) {
                assertThat(NfsSession.send(connection, read).status).isEqualTo(nfsstat.NFSERR_RETRY_UNCACHED_REP);
            }
            NfsFiles files = new NfsFiles(session);
            assertThat(files.read(files.open("file"), size)).isEqualTo(data);
        }
    }

    private static COMPOUND4args read(NfsSession session, byte[] data, boolean cached) throws IOException {
        NfsFiles files = new NfsFiles(session);
        NfsFiles.Open file = files.create("file");
        files.write(file, data);
        return session.retransmittable(new CompoundBuilder().withPutfh(file.handle()).withRead(data.length, 0, file.state()), cached);
    }
}
