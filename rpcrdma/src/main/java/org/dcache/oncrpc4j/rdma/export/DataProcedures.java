// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.export;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.dcache.oncrpc4j.rdma.export.tree.ExportTree;
import org.dcache.oncrpc4j.rdma.export.tree.Failures;
import org.dcache.oncrpc4j.rdma.export.tree.Nfs3Exception;
import org.dcache.oncrpc4j.rdma.export.tree.Node;
import org.dcache.oncrpc4j.rdma.export.tree.TreeLocks;
import org.dcache.oncrpc4j.rdma.nfs3.BulkData;
import org.dcache.oncrpc4j.rdma.nfs3.Fattr3;
import org.dcache.oncrpc4j.rdma.nfs3.FileType3;
import org.dcache.oncrpc4j.rdma.nfs3.Nfs3;
import org.dcache.oncrpc4j.rdma.nfs3.NfsStat3;
import org.dcache.oncrpc4j.rdma.nfs3.Sattr3;
import org.dcache.oncrpc4j.rdma.nfs3.WccData;
import org.dcache.oncrpc4j.rdma.nfs3.args.Commit3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Read3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Write3Args;
import org.dcache.oncrpc4j.rdma.nfs3.results.Commit3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Read3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Write3Res;

/**
 * READ, WRITE, COMMIT (RFC 1813, sections 3.3.6, 3.3.7, 3.3.21). Any thread.
 *
 * <p>READ reads the file into memory that the reply is sent from, before the reply is encoded: count and eof tell what was really read,
 * also when the file becomes shorter meanwhile. WRITE writes the decoded buffer, without a copy. The write verifier is the start time of
 * this object plus the number of failures of the disk: after a restart, or a failure of which only one client is told, all clients send
 * again what they have not committed.
 *
 * <p>Nobody holds the tree's lock while a file is read, written or forced to the disk.
 */
final class DataProcedures {

    private static final int SET_ID = 06000;

    private final Export export;
    private final ReadBuffers buffers;
    private final ExportCounters counters;
    private final long started = System.currentTimeMillis() * 1_000_000 + System.nanoTime() % 1_000_000;

    DataProcedures(Export export, ReadBuffers buffers, ExportCounters counters) {
        this.export = export;
        this.buffers = buffers;
        this.counters = counters;
    }

    private long verifier() {
        return started + export.tree().lostWrites();
    }

    Read3Res read(Read3Args arguments, Request request) {
        Wcc file = new Wcc(export.tree());
        try {
            return read(arguments, request, file);
        } catch (IOException e) {
            return Read3Res.failed(Failures.status(e), attributes(file));
        }
    }

    private Fattr3 attributes(Wcc file) {
        try (TreeLocks.Held held = export.locks().shared()) {
            return file.attributes();
        }
    }

    private Read3Res read(Read3Args arguments, Request request, Wcc file) throws IOException {
        Fattr3 before;
        ExportTree.OpenFile open;
        try (TreeLocks.Held held = export.locks().shared()) {
            Node node = file.resolve(arguments.file());
            before = node.attributes();
            requireFile(before);
            Rights.requireRead(request.caller(), node);
            open = export.tree().open(node, ExportTree.Access.READ);
        }
        try (open) {
            return read(arguments, request, file, before, open);
        }
    }

    private Read3Res read(Read3Args arguments, Request request, Wcc file, Fattr3 before, ExportTree.OpenFile open) throws IOException {
        long left = arguments.offset() < 0 ? 0 : Math.max(0, before.size() - arguments.offset());
        int wanted = Integer.compareUnsigned(arguments.count(), Limits.MAX_TRANSFER) > 0 ? Limits.MAX_TRANSFER : arguments.count();
        int count = (int) Math.min(left, wanted);
        if (count == 0) {
            return new Read3Res(NfsStat3.NFS3_OK, before, 0, left == 0, BulkData.copied(ByteBuffer.allocate(0)));
        }
        ReadBuffers.Lease lease = ReadBuffers.require(buffers.take(count, request.transport()), counters);
        int read;
        try {
            read = open.read(arguments.offset(), lease.buffer());
        } catch (IOException | RuntimeException | Error e) {
            lease.release();
            throw e;
        }
        request.releaseWhenSent(lease);
        Fattr3 after = attributes(file);
        boolean eof = read < count || after != null && arguments.offset() + read >= after.size();
        counters.add(ExportCounter.READ_BYTES, read);
        return new Read3Res(NfsStat3.NFS3_OK, after, read, eof, BulkData.shared(lease.buffer().flip()));
    }

    Write3Res write(Write3Args arguments, Request request) {
        Wcc wcc = new Wcc(export.tree());
        // From before the data is written: if it is lost before the reply goes, the client must see that by another one at its COMMIT.
        long verifier = verifier();
        try (ExportTree.OpenFile open = written(arguments, request.caller(), wcc)) {
            if (arguments.stable() != Nfs3.UNSTABLE) {
                open.force(arguments.stable() == Nfs3.FILE_SYNC);
            }
            return new Write3Res(NfsStat3.NFS3_OK, wcc.data(), arguments.count(), arguments.stable(), verifier);
        } catch (IOException e) {
            return Write3Res.failed(Failures.status(e), wcc.data());
        }
    }

    /** The file with the data; the file is locked for all of this, the tree only while paths are used. */
    private ExportTree.OpenFile written(Write3Args arguments, Caller caller, Wcc wcc) throws IOException {
        try (TreeLocks.Held file = export.locks().file(arguments.file())) {
            ExportTree.OpenFile open = null;
            try {
                open = writable(arguments, caller, wcc);
                open.write(arguments.offset(), arguments.data().bytes());
                counters.add(ExportCounter.WRITTEN_BYTES, arguments.count());
                settle(wcc);
                return open;
            } catch (IOException | RuntimeException | Error e) {
                try (ExportTree.OpenFile closing = open) {
                    settle(wcc);
                }
                throw e;
            }
        }
    }

    private void settle(Wcc wcc) {
        try (TreeLocks.Held held = export.locks().shared()) {
            wcc.settle();
        }
    }

    private ExportTree.OpenFile writable(Write3Args arguments, Caller caller, Wcc wcc) throws IOException {
        try (TreeLocks.Held held = export.locks().shared(); TreeLocks.Held path = export.locks().path(arguments.file())) {
            Node node = wcc.resolve(arguments.file());
            Fattr3 before = node.attributes();
            export.requireWritable();
            requireFile(before);
            Rights.requireWrite(caller, node);
            int count = arguments.count();
            int stable = arguments.stable();
            if (count != arguments.data().length() || stable < Nfs3.UNSTABLE || stable > Nfs3.FILE_SYNC) {
                throw new Nfs3Exception(NfsStat3.NFS3ERR_INVAL, "expected " + count + " bytes of data and stable 0 to 2, got "
                        + arguments.data().length() + " and " + stable);
            }
            if (arguments.offset() < 0 || arguments.offset() > Long.MAX_VALUE - count) {
                throw new Nfs3Exception(NfsStat3.NFS3ERR_FBIG, "a file has at most 2^63 - 1 bytes");
            }
            if (count > 0 && (before.mode() & SET_ID) != 0 && !caller.isRoot()) {
                // Forced with the data, not here.
                export.tree().change(node, Sattr3.ofMode(before.mode() & ~SET_ID), null);
            }
            return export.tree().open(node, ExportTree.Access.WRITE);
        }
    }

    /** Commits the whole file, whatever the range. */
    Commit3Res commit(Commit3Args arguments, Request request) {
        Wcc wcc = new Wcc(export.tree());
        try {
            try (ExportTree.OpenFile open = committed(arguments, wcc)) {
                if (open != null) {
                    open.force(true);
                }
            }
            return new Commit3Res(NfsStat3.NFS3_OK, data(wcc), verifier());
        } catch (IOException e) {
            return Commit3Res.failed(Failures.status(e), data(wcc));
        }
    }

    /** Null if there is nothing to do. */
    private ExportTree.OpenFile committed(Commit3Args arguments, Wcc wcc) throws IOException {
        try (TreeLocks.Held held = export.locks().shared()) {
            Node node = wcc.resolve(arguments.file());
            requireFile(node.attributes());
            return export.readOnly() ? null : export.tree().open(node, ExportTree.Access.FORCE);
        }
    }

    private WccData data(Wcc wcc) {
        try (TreeLocks.Held held = export.locks().shared()) {
            return wcc.data();
        }
    }

    private static void requireFile(Fattr3 attributes) throws Nfs3Exception {
        if (attributes.type() != FileType3.NF3REG) {
            throw new Nfs3Exception(attributes.isDirectory() ? NfsStat3.NFS3ERR_ISDIR : NfsStat3.NFS3ERR_INVAL,
                    "expected a regular file, got " + attributes.type());
        }
    }
}
