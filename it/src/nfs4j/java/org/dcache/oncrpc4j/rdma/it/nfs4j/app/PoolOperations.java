// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.nfs4j.app;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.dcache.nfs.nfsstat;
import org.dcache.nfs.v4.AbstractNFSv4Operation;
import org.dcache.nfs.v4.CompoundContext;
import org.dcache.nfs.v4.ds.DSOperationExecutor;
import org.dcache.nfs.v4.xdr.COMMIT4resok;
import org.dcache.nfs.v4.xdr.READ4resok;
import org.dcache.nfs.v4.xdr.WRITE4resok;
import org.dcache.nfs.v4.xdr.count4;
import org.dcache.nfs.v4.xdr.nfs_argop4;
import org.dcache.nfs.v4.xdr.nfs_opnum4;
import org.dcache.nfs.v4.xdr.nfs_resop4;
import org.dcache.nfs.v4.xdr.stable_how4;
import org.dcache.oncrpc4j.rdma.tool.bench.app.FileRange;
import org.dcache.oncrpc4j.xdr.Xdr;
import org.dcache.oncrpc4j.xdr.XdrEncodingStream;

/**
 * The operations of a dCache pool, 11.2 and later: those of nfs4j's data server, except that it knows nothing of the door's names, takes
 * WRITEs to any file, and replies to READ with a part of a file, which is sent by sendfile over TCP. Files are in one directory, named by
 * their handles, and stay open until the process ends. Any thread.
 */
public final class PoolOperations extends DSOperationExecutor {

    private final Path folder;
    private final Map<Path, FileChannel> open = new ConcurrentHashMap<>();

    public PoolOperations(Path folder) {
        super(null);
        this.folder = folder;
    }

    private FileChannel file(CompoundContext context) throws IOException {
        String name = HexFormat.of().formatHex(context.currentInode().getFileId());
        try {
            return open.computeIfAbsent(folder.resolve(name), path -> {
                try {
                    return FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    @Override
    protected AbstractNFSv4Operation getOperation(nfs_argop4 arguments) {
        return switch (arguments.argop) {
            case nfs_opnum4.OP_READ -> new Read(arguments);
            case nfs_opnum4.OP_WRITE -> new Write(arguments);
            case nfs_opnum4.OP_COMMIT -> new Commit(arguments);
            default -> super.getOperation(arguments);
        };
    }

    private final class Read extends AbstractNFSv4Operation {

        Read(nfs_argop4 arguments) {
            super(arguments, nfs_opnum4.OP_READ);
        }

        @Override
        public void process(CompoundContext context, nfs_resop4 result) throws IOException {
            FileChannel file = file(context);
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

    private final class Write extends AbstractNFSv4Operation {

        Write(nfs_argop4 arguments) {
            super(arguments, nfs_opnum4.OP_WRITE);
        }

        @Override
        public void process(CompoundContext context, nfs_resop4 result) throws IOException {
            ByteBuffer data = _args.opwrite.data;
            WRITE4resok done = new WRITE4resok();
            done.count = new count4(data.remaining());
            FileChannel file = file(context);
            for (long at = _args.opwrite.offset.value; data.hasRemaining();) {
                at += file.write(data, at);
            }
            done.committed = stable_how4.FILE_SYNC4;
            done.writeverf = context.getRebootVerifier();
            result.opwrite.resok4 = done;
            result.opwrite.status = nfsstat.NFS_OK;
        }
    }

    private static final class Commit extends AbstractNFSv4Operation {

        Commit(nfs_argop4 arguments) {
            super(arguments, nfs_opnum4.OP_COMMIT);
        }

        @Override
        public void process(CompoundContext context, nfs_resop4 result) {
            result.opcommit.resok4 = new COMMIT4resok();
            result.opcommit.resok4.writeverf = context.getRebootVerifier();
            result.opcommit.status = nfsstat.NFS_OK;
        }
    }
}
