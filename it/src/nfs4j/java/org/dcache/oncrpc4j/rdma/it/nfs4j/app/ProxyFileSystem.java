// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.nfs4j.app;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import org.dcache.nfs.vfs.Inode;
import org.dcache.nfs.vfs.Stat;

/** The file system of a door. For clients without a layout it reads and writes at the file's pool. Any thread. */
final class ProxyFileSystem extends MemoryFileSystem {

    private final List<PoolClient> pools;

    ProxyFileSystem(List<PoolClient> pools) {
        super(true);
        this.pools = pools;
    }

    private PoolClient pool(Inode inode) {
        return pools.get(PoolDevices.place(inode, pools.size()));
    }

    @Override
    public int read(Inode inode, ByteBuffer data, long offset) throws IOException {
        ByteBuffer came = pool(inode).read(inode, offset, data.remaining());
        int n = came.remaining();
        data.put(came);
        return n;
    }

    @Override
    public WriteResult write(Inode inode, ByteBuffer data, long offset, StabilityLevel level) throws IOException {
        int n = data.remaining();
        pool(inode).write(inode, offset, data);
        lengthen(inode, offset + n);
        return new WriteResult(StabilityLevel.FILE_SYNC, n);
    }

    private synchronized void lengthen(Inode inode, long size) throws IOException {
        if (getattr(inode).getSize() < size) {
            Stat longer = new Stat();
            longer.setSize(size);
            setattr(inode, longer);
        }
    }
}
