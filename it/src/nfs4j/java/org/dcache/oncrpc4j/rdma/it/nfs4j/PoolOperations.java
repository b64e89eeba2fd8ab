// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.nfs4j;

import java.io.IOException;
import java.nio.channels.FileChannel;
import org.dcache.nfs.nfsstat;
import org.dcache.nfs.v4.AbstractNFSv4Operation;
import org.dcache.nfs.v4.CompoundContext;
import org.dcache.nfs.v4.ds.DSOperationExecutor;
import org.dcache.nfs.v4.xdr.READ4resok;
import org.dcache.nfs.v4.xdr.nfs_argop4;
import org.dcache.nfs.v4.xdr.nfs_opnum4;
import org.dcache.nfs.v4.xdr.nfs_resop4;
import org.dcache.nfs.vfs.FsCache;
import org.dcache.oncrpc4j.rdma.tool.bench.app.FileRange;
import org.dcache.oncrpc4j.xdr.Xdr;
import org.dcache.oncrpc4j.xdr.XdrEncodingStream;

/**
 * What a dCache pool does, 11.2 and later: as nfs4j's data server, but the data of a READ is a part of a file, which over TCP goes out by
 * sendfile. Any thread.
 */
final class PoolOperations extends DSOperationExecutor {

    private final FsCache cache;

    PoolOperations(FsCache cache) {
        super(cache);
        this.cache = cache;
    }

    @Override
    protected AbstractNFSv4Operation getOperation(nfs_argop4 arguments) {
        return arguments.argop == nfs_opnum4.OP_READ ? new Read(arguments, cache) : super.getOperation(arguments);
    }

    private static final class Read extends AbstractNFSv4Operation {

        private final FsCache cache;

        Read(nfs_argop4 arguments, FsCache cache) {
            super(arguments, nfs_opnum4.OP_READ);
            this.cache = cache;
        }

        @Override
        public void process(CompoundContext context, nfs_resop4 result) throws IOException {
            FileChannel file = cache.get(context.currentInode());
            long offset = _args.opread.offset.value;
            long left = Math.max(0, file.size() - offset);
            Part part = new Part(new FileRange(file, offset, (int) Math.min(left, _args.opread.count.value)));
            part.eof = left <= _args.opread.count.value;
            result.opread.resok4 = part;
            result.opread.status = nfsstat.NFS_OK;
        }
    }

    private static final class Part extends READ4resok {

        private final FileRange range;

        Part(FileRange range) {
            this.range = range;
        }

        @Override
        public void xdrEncode(XdrEncodingStream xdr) throws IOException {
            xdr.xdrEncodeBoolean(eof);
            ((Xdr) xdr).xdrEncodeFileChunk(range);
        }
    }
}
