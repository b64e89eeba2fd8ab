// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.nfs4j.app;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.UnaryOperator;
import org.dcache.nfs.nfsstat;
import org.dcache.nfs.v4.CompoundBuilder;
import org.dcache.nfs.v4.Stateids;
import org.dcache.nfs.v4.xdr.COMPOUND4args;
import org.dcache.nfs.v4.xdr.COMPOUND4res;
import org.dcache.nfs.v4.xdr.EXCHANGE_ID4resok;
import org.dcache.nfs.v4.xdr.nfs4_prot;
import org.dcache.nfs.v4.xdr.nfs_fh4;
import org.dcache.nfs.v4.xdr.nfs_resop4;
import org.dcache.nfs.v4.xdr.sessionid4;
import org.dcache.nfs.v4.xdr.state_protect_how4;
import org.dcache.nfs.vfs.Inode;
import org.dcache.oncrpc4j.rpc.OncRpcClient;
import org.dcache.oncrpc4j.rpc.RpcAuthTypeUnix;
import org.dcache.oncrpc4j.rpc.RpcCall;
import org.dcache.oncrpc4j.rpc.net.IpProtocolType;

/**
 * The NFSv4.1 client of a door for one pool, with one slot. Connects with the first call, and again after a failure. Any thread; one call
 * at a time.
 */
final class PoolClient {

    private static final int SECONDS = 30;

    private final InetSocketAddress pool;
    private OncRpcClient client;
    private RpcCall nfs;
    private sessionid4 session;
    private int sequence;

    PoolClient(InetSocketAddress pool) {
        this.pool = pool;
    }

    ByteBuffer read(Inode inode, long offset, int count) throws IOException {
        return with(inode, file -> file.withRead(count, offset, Stateids.ZeroStateId())).opread.resok4.data;
    }

    void write(Inode inode, long offset, ByteBuffer data) throws IOException {
        with(inode, file -> file.withWrite(offset, data, Stateids.ZeroStateId()));
    }

    /** The result of one operation on a file. */
    private synchronized nfs_resop4 with(Inode inode, UnaryOperator<CompoundBuilder> operation) throws IOException {
        try {
            if (client == null) {
                connect();
            }
            return last(operation.apply(new CompoundBuilder().withSequence(false, session, sequence++, 0, 0)
                    .withPutfh(new nfs_fh4(inode.toNfsHandle()))));
        } catch (IOException e) {
            client.close();
            client = null;
            throw e;
        }
    }

    private void connect() throws IOException {
        client = new OncRpcClient(pool, IpProtocolType.TCP);
        nfs = new RpcCall(nfs4_prot.NFS4_PROGRAM, nfs4_prot.NFS_V4, new RpcAuthTypeUnix(0, 0, new int[] {0}, 0, "door"), client.connect());
        EXCHANGE_ID4resok identity = last(new CompoundBuilder().withExchangeId("oncrpc4j-rdma", "door", "door of " + pool,
                nfs4_prot.EXCHGID4_FLAG_USE_NON_PNFS, state_protect_how4.SP4_NONE)).opexchange_id.eir_resok4;
        session = last(new CompoundBuilder().withCreatesession(identity.eir_clientid, identity.eir_sequenceid))
                .opcreate_session.csr_resok4.csr_sessionid;
        sequence = 0;
    }

    /** The last result of a compound. */
    private nfs_resop4 last(CompoundBuilder builder) throws IOException {
        COMPOUND4args args = builder.withMinorversion(1).withTag("proxy").build();
        COMPOUND4res result = new COMPOUND4res();
        try {
            nfs.call(nfs4_prot.NFSPROC4_COMPOUND_4, args, result, SECONDS, TimeUnit.SECONDS);
        } catch (TimeoutException e) {
            throw new IOException("expected a reply of " + pool + " within " + SECONDS + " s, got none", e);
        }
        nfsstat.throwIfNeeded(result.status);
        return result.resarray.get(result.resarray.size() - 1);
    }
}
