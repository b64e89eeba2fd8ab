// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.export;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import org.dcache.oncrpc4j.rdma.export.tree.Creation;
import org.dcache.oncrpc4j.rdma.export.tree.Failures;
import org.dcache.oncrpc4j.rdma.export.tree.FileName;
import org.dcache.oncrpc4j.rdma.export.tree.Nfs3Exception;
import org.dcache.oncrpc4j.rdma.export.tree.Node;
import org.dcache.oncrpc4j.rdma.export.tree.SearchNeeded;
import org.dcache.oncrpc4j.rdma.export.tree.TreeLocks;
import org.dcache.oncrpc4j.rdma.export.tree.Unforced;
import org.dcache.oncrpc4j.rdma.nfs3.CreateMode3;
import org.dcache.oncrpc4j.rdma.nfs3.DirOpArgs3;
import org.dcache.oncrpc4j.rdma.nfs3.Fattr3;
import org.dcache.oncrpc4j.rdma.nfs3.FileHandle;
import org.dcache.oncrpc4j.rdma.nfs3.FileType3;
import org.dcache.oncrpc4j.rdma.nfs3.NfsStat3;
import org.dcache.oncrpc4j.rdma.nfs3.NfsText;
import org.dcache.oncrpc4j.rdma.nfs3.NfsTime3;
import org.dcache.oncrpc4j.rdma.nfs3.Sattr3;
import org.dcache.oncrpc4j.rdma.nfs3.SetTime3;
import org.dcache.oncrpc4j.rdma.nfs3.SpecData3;
import org.dcache.oncrpc4j.rdma.nfs3.args.Create3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Mkdir3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Mknod3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Setattr3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Symlink3Args;
import org.dcache.oncrpc4j.rdma.nfs3.results.Create3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Wcc3Res;

/**
 * CREATE, MKDIR, SYMLINK, MKNOD (RFC 1813, sections 3.3.8 to 3.3.11). Any thread.
 *
 * <p>The verifier of CREATE EXCLUSIVE is kept in the new file's atime and mtime, 31 bits in each, so that it is still known after a restart
 * of the server. The client sets the times afterwards.
 *
 * <p>CREATE may resize a file, mostly one that is there, and that may hang: it is done as a SETATTR, with the lock of that file, when
 * directory and tree are free again. A file that was removed in between is looked for, or made, once more. To wait for the disk, too, is
 * left to the end, when all locks are free.
 */
final class CreateProcedures {

    private static final int DEFAULT_FILE = 0644;
    private static final int DEFAULT_DIRECTORY = 0755;
    private static final int LINK = 0777;
    private static final int SET_GID = 02000;
    private static final int MODE = 07777;

    private final Export export;
    private final AttributeProcedures attributes;

    CreateProcedures(Export export, AttributeProcedures attributes) {
        this.export = export;
        this.attributes = attributes;
    }

    /** What makes the file once the directory has been found and may be written. */
    private interface Maker {

        Node make(Node directory, Unforced unforced) throws IOException;
    }

    private Create3Res make(DirOpArgs3 where, Request request, Maker maker) {
        return make(where, request, maker, export.locks()::change);
    }

    private Create3Res make(DirOpArgs3 where, Request request, Maker maker, Function<FileHandle, TreeLocks.Held> lock) {
        Wcc wcc = new Wcc(export.tree());
        NfsStat3 status;
        try (Unforced unforced = new Unforced()) {
            Create3Res made;
            try (TreeLocks.Held held = lock.apply(where.dir())) {
                made = make(where, request, maker, wcc, unforced);
            }
            unforced.force();
            return made;
        } catch (IOException e) {
            status = Failures.status(e);
        } catch (UnsupportedOperationException e) {
            status = Failures.status(e);
        }
        return Create3Res.failed(status, wcc.data());
    }

    /**
     * Also a name that was there before, with which CREATE UNCHECKED and a repeated EXCLUSIVE succeed, must be on the disk before the
     * caller may rely on it: who made it may still wait for that. For a failure, such as NFS3ERR_EXIST, nothing is forced.
     */
    private Create3Res make(DirOpArgs3 where, Request request, Maker maker, Wcc wcc, Unforced unforced) throws IOException {
        Node made;
        Fattr3 attributes;
        try {
            Node dir = NameProcedures.writable(export, wcc, where.dir(), request.caller());
            FileName.checkNew(where.name(), NfsStat3.NFS3ERR_EXIST);
            export.tree().names(dir, unforced);
            made = maker.make(dir, unforced);
            attributes = export.tree().attributes(made);
        } finally {
            wcc.settle();
        }
        return new Create3Res(NfsStat3.NFS3_OK, made.handle(), attributes, wcc.data());
    }

    Create3Res create(Create3Args arguments, Request request) {
        if (arguments.mode() == CreateMode3.EXCLUSIVE) {
            return make(arguments.where(), request,
                    (dir, unforced) -> exclusive(dir, arguments.where().name(), arguments.verf(), request.caller(), unforced));
        }
        FileHandle gone = null;
        while (true) {
            AtomicBoolean existed = new AtomicBoolean();
            Create3Res found = make(arguments.where(), request,
                    (dir, unforced) -> create(dir, arguments, request.caller(), existed, unforced));
            Sattr3 wanted = arguments.attributes();
            if (found.status() != NfsStat3.NFS3_OK || wanted.size() == null || !existed.get() && wanted.size() == 0) {
                return found;
            }
            Sattr3 resize = Sattr3.ofSize(wanted.size());
            if (!existed.get()) {
                resize = new Sattr3(null, null, null, wanted.size(), wanted.atime(), wanted.mtime());
            }
            Wcc3Res resized = attributes.setattr(new Setattr3Args(found.object(), resize, null), request);
            if (resized.status() == NfsStat3.NFS3_OK) {
                return new Create3Res(NfsStat3.NFS3_OK, found.object(), resized.wcc().after(), found.dirWcc());
            }
            if (resized.status() != NfsStat3.NFS3ERR_STALE || found.object().equals(gone)) {
                return Create3Res.failed(resized.status(), found.dirWcc());
            }
            gone = found.object();
        }
    }

    /** What a CREATE may have to wait for: the file that it is going to resize, as far as one can tell before, or else the directory. */
    FileHandle awaited(Create3Args arguments) {
        DirOpArgs3 where = arguments.where();
        boolean resizes = arguments.mode() == CreateMode3.UNCHECKED && arguments.attributes().size() != null;
        FileHandle resized = resizes ? SearchNeeded.retried(() -> existing(where)) : null;
        return resized == null ? where.dir() : resized;
    }

    /** Null if there is none, or it cannot be looked at. */
    private FileHandle existing(DirOpArgs3 where) {
        try (TreeLocks.Held held = export.locks().shared()) {
            FileName.checkNew(where.name(), NfsStat3.NFS3ERR_EXIST);
            return export.tree().lookup(NameProcedures.directory(new Wcc(export.tree()), where.dir()), where.name()).handle();
        } catch (IOException e) {
            return null;
        }
    }

    /** @param existed becomes true when the file was there before */
    private Node create(Node dir, Create3Args arguments, Caller caller, AtomicBoolean existed, Unforced unforced) throws IOException {
        NfsText name = arguments.where().name();
        Sattr3 wanted = arguments.attributes();
        if (wanted.size() != null && wanted.size() < 0) {
            throw new Nfs3Exception(NfsStat3.NFS3ERR_FBIG, "a file has at most 2^63 - 1 bytes");
        }
        try {
            return made(dir, name, creation(FileType3.NF3REG, dir, wanted, DEFAULT_FILE, caller, null, null), wanted, caller, unforced);
        } catch (IOException e) {
            if (arguments.mode() == CreateMode3.GUARDED || !isExisting(e)) {
                throw e;
            }
        }
        Node existing = export.tree().lookup(dir, name);
        requireFile(existing.attributes());
        existed.set(true);
        return existing;
    }

    private Node exclusive(Node dir, NfsText name, long verf, Caller caller, Unforced unforced) throws IOException {
        SetTime3 first = SetTime3.to(new NfsTime3((int) (verf >>> 32) & Integer.MAX_VALUE, 0));
        SetTime3 second = SetTime3.to(new NfsTime3((int) verf & Integer.MAX_VALUE, 0));
        Sattr3 times = Sattr3.ofTimes(first, second);
        try {
            // From the first moment of the name on: a server that is killed now must know the file again after its restart.
            Node made = export.tree().create(dir, name, creation(FileType3.NF3REG, dir, Sattr3.NONE, DEFAULT_FILE, caller, null, null)
                    .withTimes(times), unforced);
            export.tree().change(made, times, null);
            return made;
        } catch (IOException e) {
            if (!isExisting(e)) {
                throw e;
            }
        }
        Node existing = export.tree().lookup(dir, name);
        Fattr3 attributes = existing.attributes();
        boolean ours = attributes.type() == FileType3.NF3REG && attributes.size() == 0 && attributes.atime().equals(first.time())
                && attributes.mtime().equals(second.time());
        if (!ours) {
            throw new Nfs3Exception(NfsStat3.NFS3ERR_EXIST, "the name is taken by a file that was not made with this verifier");
        }
        // Who made it may have failed to force it to the disk; set once more, they are forced once more.
        export.tree().change(existing, times, unforced);
        return existing;
    }

    Create3Res mkdir(Mkdir3Args arguments, Request request) {
        return make(arguments.where(), request, (dir, unforced) -> made(dir, arguments.where().name(),
                creation(FileType3.NF3DIR, dir, arguments.attributes(), DEFAULT_DIRECTORY, request.caller(), null, null),
                arguments.attributes(),
                request.caller(), unforced));
    }

    Create3Res symlink(Symlink3Args arguments, Request request) {
        return make(arguments.where(), request, (dir, unforced) -> {
            boolean zero = false;
            for (byte b : arguments.path().bytes()) {
                zero |= b == 0;
            }
            if (zero || arguments.path().length() == 0) {
                throw new Nfs3Exception(NfsStat3.NFS3ERR_INVAL, "expected the path of a symbolic link, without zero bytes, got '"
                        + arguments.path() + "'");
            }
            Creation creation = creation(FileType3.NF3LNK, dir, Sattr3.ofMode(LINK), LINK, request.caller(), null, arguments.path());
            return export.tree().create(dir, arguments.where().name(), creation, unforced);
        });
    }

    Create3Res mknod(Mknod3Args arguments, Request request) {
        return make(arguments.where(), request, (dir, unforced) -> {
            FileType3 type = arguments.type();
            if (arguments.attributes() == null) {
                throw new Nfs3Exception(NfsStat3.NFS3ERR_BADTYPE, type + " is not made by MKNOD");
            }
            if (arguments.device() != null && !request.caller().isRoot()) {
                throw new Nfs3Exception(NfsStat3.NFS3ERR_PERM, "only root makes devices");
            }
            return made(dir, arguments.where().name(),
                    creation(type, dir, arguments.attributes(), DEFAULT_FILE, request.caller(), arguments.device(), null),
                    arguments.attributes(),
                    request.caller(), unforced);
        }, directory -> export.locks().exclusive());
    }

    private static boolean isExisting(IOException e) {
        return e instanceof FileAlreadyExistsException || e instanceof Nfs3Exception known && known.status() == NfsStat3.NFS3ERR_EXIST;
    }

    private static void requireFile(Fattr3 existing) throws Nfs3Exception {
        if (existing.type() != FileType3.NF3REG) {
            throw new Nfs3Exception(existing.isDirectory() ? NfsStat3.NFS3ERR_ISDIR : NfsStat3.NFS3ERR_EXIST,
                    "expected a regular file, got " + existing.type());
        }
    }

    /** What to make: the owner is the caller; the group is the caller's, or in a set-gid directory the directory's. */
    private static Creation creation(FileType3 type, Node dir, Sattr3 wanted, int defaultMode, Caller caller, SpecData3 device,
            NfsText target) {
        int mode = wanted.mode() == null ? defaultMode : wanted.mode() & MODE;
        int gid = caller.gid();
        if ((dir.attributes().mode() & SET_GID) != 0) {
            gid = dir.attributes().gid();
            mode |= type == FileType3.NF3DIR ? SET_GID : 0;
        }
        if (type != FileType3.NF3DIR && !caller.isRoot() && !caller.isIn(gid)) {
            mode &= ~SET_GID;
        }
        return new Creation(type, mode, caller.uid(), gid, device, target, null);
    }

    /** Makes the file and sets what else was asked for, but the size. */
    private Node made(Node dir, NfsText name, Creation creation, Sattr3 wanted, Caller caller, Unforced unforced) throws IOException {
        Node node = export.tree().create(dir, name, creation, unforced);
        boolean times = !wanted.atime().equals(SetTime3.DONT_CHANGE) || !wanted.mtime().equals(SetTime3.DONT_CHANGE);
        boolean owner = caller.isRoot() && (wanted.uid() != null || wanted.gid() != null);
        if (times || owner) {
            export.tree().change(node, new Sattr3(null, caller.isRoot() ? wanted.uid() : null, caller.isRoot() ? wanted.gid() : null, null,
                    wanted.atime(), wanted.mtime()), null);
        }
        return node;
    }
}
