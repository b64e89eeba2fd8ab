// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.nfs4j.app;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.UnaryOperator;
import org.dcache.nfs.nfsstat;
import org.dcache.nfs.v4.CompoundBuilder;
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

/** An NFSv4.1 session at a pool, on one connection. Several threads may use it, each its own slot. */
final class PoolSession implements AutoCloseable {

    private static final int SECONDS = 30;

    private final InetSocketAddress pool;
    private final OncRpcClient client;
    private final RpcCall nfs;
    private final sessionid4 session;
    /** Of each slot, the number of its last compound. */
    private final int[] sequences;

    /** Connects. @param slots that are used, of those that the pool grants, which are more */
    PoolSession(InetSocketAddress pool, int slots) throws IOException {
        this.pool = pool;
        sequences = new int[slots];
        client = new OncRpcClient(pool, IpProtocolType.TCP);
        try {
            nfs = new RpcCall(nfs4_prot.NFS4_PROGRAM, nfs4_prot.NFS_V4, new RpcAuthTypeUnix(0, 0, new int[] {0}, 0, "door"),
                    client.connect());
            EXCHANGE_ID4resok identity = last(named(new CompoundBuilder().withExchangeId("oncrpc4j-rdma", "door", "door of " + pool
                    + " in process " + ProcessHandle.current().pid(), nfs4_prot.EXCHGID4_FLAG_USE_NON_PNFS, state_protect_how4.SP4_NONE)))
                    .opexchange_id.eir_resok4;
            session = last(named(new CompoundBuilder().withCreatesession(identity.eir_clientid, identity.eir_sequenceid)))
                    .opcreate_session.csr_resok4.csr_sessionid;
        } catch (IOException e) {
            client.close();
            throw e;
        }
    }

    /** The next compound of a slot, with one operation on a file. */
    COMPOUND4args with(int slot, Inode inode, UnaryOperator<CompoundBuilder> operation) {
        return named(operation.apply(new CompoundBuilder().withSequence(false, session, sequences[slot]++, slot, sequences.length - 1)
                .withPutfh(new nfs_fh4(inode.toNfsHandle()))));
    }

    private static COMPOUND4args named(CompoundBuilder builder) {
        return builder.withMinorversion(1).withTag("proxy").build();
    }

    /** The connection, for calls that do not wait. */
    RpcCall nfs() {
        return nfs;
    }

    /** Calls, and returns the last result of the compound. */
    nfs_resop4 last(COMPOUND4args args) throws IOException {
        COMPOUND4res result = new COMPOUND4res();
        try {
            nfs.call(nfs4_prot.NFSPROC4_COMPOUND_4, args, result, SECONDS, TimeUnit.SECONDS);
        } catch (TimeoutException e) {
            throw new IOException("expected a reply of " + pool + " within " + SECONDS + " s, got none", e);
        }
        return last(result);
    }

    static nfs_resop4 last(COMPOUND4res result) throws IOException {
        nfsstat.throwIfNeeded(result.status);
        return result.resarray.get(result.resarray.size() - 1);
    }

    @Override
    public void close() throws IOException {
        client.close();
    }
}
