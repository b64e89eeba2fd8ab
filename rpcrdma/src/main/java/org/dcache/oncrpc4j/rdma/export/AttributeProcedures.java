// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.export;

import java.io.IOException;
import org.dcache.oncrpc4j.rdma.export.tree.ExportTree;
import org.dcache.oncrpc4j.rdma.export.tree.Failures;
import org.dcache.oncrpc4j.rdma.export.tree.Nfs3Exception;
import org.dcache.oncrpc4j.rdma.export.tree.Node;
import org.dcache.oncrpc4j.rdma.export.tree.SearchNeeded;
import org.dcache.oncrpc4j.rdma.export.tree.TreeLocks;
import org.dcache.oncrpc4j.rdma.export.tree.Unforced;
import org.dcache.oncrpc4j.rdma.nfs3.Fattr3;
import org.dcache.oncrpc4j.rdma.nfs3.FileHandle;
import org.dcache.oncrpc4j.rdma.nfs3.FileType3;
import org.dcache.oncrpc4j.rdma.nfs3.NfsStat3;
import org.dcache.oncrpc4j.rdma.nfs3.Sattr3;
import org.dcache.oncrpc4j.rdma.nfs3.args.Access3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Setattr3Args;
import org.dcache.oncrpc4j.rdma.nfs3.results.Access3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Getattr3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Wcc3Res;

/** GETATTR, SETATTR, ACCESS (RFC 1813, sections 3.3.1, 3.3.2, 3.3.4). Any thread. */
final class AttributeProcedures {

    private static final int SET_UID = 04000;
    private static final int SET_GID = 02000;

    private final Export export;

    AttributeProcedures(Export export) {
        this.export = export;
    }

    Getattr3Res getattr(FileHandle object, Request request) {
        try (TreeLocks.Held held = export.locks().shared()) {
            return new Getattr3Res(NfsStat3.NFS3_OK, export.tree().resolve(object).attributes());
        } catch (IOException e) {
            return Getattr3Res.failed(Failures.status(e));
        }
    }

    Access3Res access(Access3Args arguments, Request request) {
        try (TreeLocks.Held held = export.locks().shared()) {
            Node node = export.tree().resolve(arguments.object());
            return new Access3Res(NfsStat3.NFS3_OK, node.attributes(), Rights.access(request.caller(), node, arguments.access(),
                    export.readOnly()));
        } catch (IOException e) {
            return Access3Res.failed(Failures.status(e), null);
        }
    }

    Wcc3Res setattr(Setattr3Args arguments, Request request) {
        Wcc wcc = new Wcc(export.tree());
        try (TreeLocks.Held file = export.locks().file(arguments.object())) {
            NfsStat3 status = NfsStat3.NFS3_OK;
            try {
                set(arguments, request.caller(), wcc);
            } catch (IOException e) {
                status = Failures.status(e);
            }
            try (TreeLocks.Held shared = export.locks().shared()) {
                return new Wcc3Res(status, wcc.data());
            }
        }
    }

    /**
     * Lets go of the tree for resizing, and for waiting for the disk. Times of the client's are set after the size, which changes them; all
     * else before it, so that nothing is left to fail when the size has been changed.
     */
    private void set(Setattr3Args arguments, Caller caller, Wcc wcc) throws IOException {
        Sattr3 change;
        boolean timesLater;
        ExportTree.OpenFile resized = null;
        try (Unforced unforced = new Unforced()) {
            try (TreeLocks.Held shared = export.locks().shared()) {
                try (TreeLocks.Held path = export.locks().path(arguments.object())) {
                    Node node = wcc.resolve(arguments.object());
                    change = admitted(arguments, caller, node);
                    timesLater = change.size() != null && change.hasClientTimes();
                    resized = change.size() == null ? null : export.tree().open(node, ExportTree.Access.WRITE);
                    export.tree().change(node, timesLater ? change.withoutTimes() : change, unforced);
                } finally {
                    wcc.settle();
                }
            }
            if (resized != null) {
                try {
                    resized.resize(change.size());
                } finally {
                    later(arguments.object(), timesLater ? Sattr3.ofTimes(change.atime(), change.mtime()) : null, wcc);
                }
            }
            unforced.force();
        } finally {
            if (resized != null) {
                resized.close();
            }
        }
    }

    /** The second half of a change of the size. @param times to be set; null if none are */
    private void later(FileHandle object, Sattr3 times, Wcc wcc) throws IOException {
        SearchNeeded.retried(() -> {
            try (TreeLocks.Held shared = export.locks().shared()) {
                try (TreeLocks.Held path = export.locks().path(object)) {
                    if (times != null) {
                        export.tree().change(export.tree().resolve(object), times, null);
                    }
                    return null;
                } finally {
                    wcc.settle();
                }
            }
        });
    }

    /** What the caller may change of what he wants to. */
    private Sattr3 admitted(Setattr3Args arguments, Caller caller, Node node) throws IOException {
        Sattr3 change = arguments.attributes();
        Fattr3 now = node.attributes();
        export.requireWritable();
        if (arguments.guard() != null && !arguments.guard().equals(now.ctime())) {
            throw new Nfs3Exception(NfsStat3.NFS3ERR_NOT_SYNC, "expected ctime " + arguments.guard() + ", got " + now.ctime());
        }
        if (isNone(change.uid()) || isNone(change.gid())) {
            throw new Nfs3Exception(NfsStat3.NFS3ERR_INVAL, "expected ids from 0 to 2^32 - 2, got 2^32 - 1");
        }
        Rights.requireChange(caller, node, change);
        if (change.size() != null && now.type() != FileType3.NF3REG) {
            throw new Nfs3Exception(now.isDirectory() ? NfsStat3.NFS3ERR_ISDIR : NfsStat3.NFS3ERR_INVAL,
                    "expected a regular file to set the size of, got " + now.type());
        }
        if (change.size() != null && change.size() < 0) {
            throw new Nfs3Exception(NfsStat3.NFS3ERR_FBIG, "a file has at most 2^63 - 1 bytes");
        }
        return privileges(caller, now, change);
    }

    private static boolean isNone(Integer id) {
        return id != null && id == UserIds.NONE;
    }

    /**
     * The change without what a caller other than root must not leave or set: a file that gets another owner or size loses its set-uid and
     * set-gid bits, and set-gid is never set for a group that the caller is not in.
     */
    private static Sattr3 privileges(Caller caller, Fattr3 now, Sattr3 change) {
        if (caller.isRoot() || now.isDirectory()) {
            return change;
        }
        int mode = change.mode() != null ? change.mode() : now.mode();
        if (change.mode() == null && (change.uid() != null || change.gid() != null || change.size() != null)) {
            mode &= ~(SET_UID | SET_GID);
        }
        if (!caller.isIn(change.gid() != null ? change.gid() : now.gid())) {
            mode &= ~SET_GID;
        }
        boolean same = change.mode() == null ? mode == now.mode() : mode == change.mode();
        return same ? change : new Sattr3(mode, change.uid(), change.gid(), change.size(), change.atime(), change.mtime());
    }
}
