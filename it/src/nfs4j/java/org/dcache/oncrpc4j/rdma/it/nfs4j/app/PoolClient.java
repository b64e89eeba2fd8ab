// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.nfs4j.app;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.function.UnaryOperator;
import org.dcache.nfs.v4.CompoundBuilder;
import org.dcache.nfs.v4.Stateids;
import org.dcache.nfs.v4.xdr.nfs_resop4;
import org.dcache.nfs.vfs.Inode;

/**
 * The NFSv4.1 client of a door for one pool, with one slot. Connects with the first call, and again after a failure. Any thread; one call
 * at a time.
 */
final class PoolClient {

    private final InetSocketAddress pool;
    private PoolSession session;

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
        if (session == null) {
            session = new PoolSession(pool, 1);
        }
        try {
            return session.last(session.with(0, inode, operation));
        } catch (IOException e) {
            session.close();
            session = null;
            throw e;
        }
    }
}
