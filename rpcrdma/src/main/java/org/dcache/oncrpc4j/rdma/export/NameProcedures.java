// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.export;

import java.io.IOException;
import java.util.function.Supplier;
import org.dcache.oncrpc4j.rdma.export.tree.Failures;
import org.dcache.oncrpc4j.rdma.export.tree.FileName;
import org.dcache.oncrpc4j.rdma.export.tree.Nfs3Exception;
import org.dcache.oncrpc4j.rdma.export.tree.Node;
import org.dcache.oncrpc4j.rdma.export.tree.TreeLocks;
import org.dcache.oncrpc4j.rdma.export.tree.Unforced;
import org.dcache.oncrpc4j.rdma.nfs3.DirOpArgs3;
import org.dcache.oncrpc4j.rdma.nfs3.Fattr3;
import org.dcache.oncrpc4j.rdma.nfs3.FileHandle;
import org.dcache.oncrpc4j.rdma.nfs3.FileType3;
import org.dcache.oncrpc4j.rdma.nfs3.NfsStat3;
import org.dcache.oncrpc4j.rdma.nfs3.NfsText;
import org.dcache.oncrpc4j.rdma.nfs3.args.Link3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Rename3Args;
import org.dcache.oncrpc4j.rdma.nfs3.results.Link3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Lookup3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Readlink3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Rename3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Wcc3Res;

/** LOOKUP, READLINK, REMOVE, RMDIR, RENAME, LINK (RFC 1813, sections 3.3.3, 3.3.5, 3.3.12 to 3.3.15). Any thread. */
final class NameProcedures {

    private final Export export;

    NameProcedures(Export export) {
        this.export = export;
    }

    Lookup3Res lookup(DirOpArgs3 what, Request request) {
        Wcc directory = new Wcc(export.tree());
        try (TreeLocks.Held held = export.locks().shared()) {
            try {
                Node dir = directory(directory, what.dir());
                Rights.require(request.caller(), dir, Rights.EXECUTE);
                Node found = find(dir, what.name());
                return new Lookup3Res(NfsStat3.NFS3_OK, found.handle(), found.attributes(), dir.attributes());
            } catch (IOException e) {
                return Lookup3Res.failed(Failures.status(e), directory.attributes());
            }
        }
    }

    private Node find(Node directory, NfsText name) throws IOException {
        FileName.check(name);
        if (name.equals(FileName.DOT)) {
            return directory;
        }
        return name.equals(FileName.DOT_DOT) ? export.tree().parent(directory) : export.tree().lookup(directory, name);
    }

    static Node directory(Wcc wcc, FileHandle handle) throws IOException {
        Node node = wcc.resolve(handle);
        if (!node.attributes().isDirectory()) {
            throw new Nfs3Exception(NfsStat3.NFS3ERR_NOTDIR, "expected a directory, got " + node.attributes().type());
        }
        return node;
    }

    /** Finds a directory in which the caller may make, move or remove names. */
    static Node writable(Export export, Wcc wcc, FileHandle handle, Caller caller) throws IOException {
        Node node = directory(wcc, handle);
        export.requireWritable();
        Rights.require(caller, node, Rights.WRITE | Rights.EXECUTE);
        return node;
    }

    Readlink3Res readlink(FileHandle link, Request request) {
        Wcc watched = new Wcc(export.tree());
        try (TreeLocks.Held held = export.locks().shared()) {
            try (TreeLocks.Held path = export.locks().path(link)) {
                Node node = watched.resolve(link);
                if (node.attributes().type() != FileType3.NF3LNK) {
                    throw new Nfs3Exception(NfsStat3.NFS3ERR_INVAL, "expected a symbolic link, got " + node.attributes().type());
                }
                return new Readlink3Res(NfsStat3.NFS3_OK, node.attributes(), export.tree().readlink(node));
            } catch (IOException e) {
                return Readlink3Res.failed(Failures.status(e), watched.attributes());
            }
        }
    }

    Wcc3Res remove(DirOpArgs3 what, Request request) {
        return remove(what, request.caller(), false, () -> export.locks().change(what.dir()));
    }

    Wcc3Res rmdir(DirOpArgs3 what, Request request) {
        return remove(what, request.caller(), true, export.locks()::exclusive);
    }

    private Wcc3Res remove(DirOpArgs3 what, Caller caller, boolean isDirectory, Supplier<TreeLocks.Held> lock) {
        Wcc wcc = new Wcc(export.tree());
        NfsStat3 status = status(unforced -> {
            try (TreeLocks.Held held = lock.get()) {
                try {
                    remove(what, caller, isDirectory, wcc, unforced);
                } finally {
                    wcc.settle();
                }
            }
        });
        return new Wcc3Res(status, wcc.data());
    }

    private void remove(DirOpArgs3 what, Caller caller, boolean isDirectory, Wcc wcc, Unforced unforced) throws IOException {
        Node dir = writable(export, wcc, what.dir(), caller);
        if (isDirectory && what.name().equals(FileName.DOT_DOT)) {
            throw new Nfs3Exception(NfsStat3.NFS3ERR_EXIST, "a directory's parent is not empty");
        }
        FileName.checkChange(what.name(), isDirectory ? NfsStat3.NFS3ERR_INVAL : NfsStat3.NFS3ERR_ISDIR);
        Node victim = export.tree().lookup(dir, what.name());
        if (victim.attributes().isDirectory() != isDirectory) {
            throw new Nfs3Exception(isDirectory ? NfsStat3.NFS3ERR_NOTDIR : NfsStat3.NFS3ERR_ISDIR,
                    (isDirectory ? "expected a directory, got " : "expected no directory, got ") + victim.attributes().type());
        }
        Rights.requireRemoval(caller, dir.attributes(), victim.attributes());
        export.tree().names(dir, unforced);
        try (TreeLocks.Held path = export.locks().path(victim.handle())) {
            export.tree().remove(dir, what.name(), victim);
        }
    }

    /** Takes the locks, changes names and settles the attributes of their directories. */
    private interface Change {

        void run(Unforced unforced) throws IOException;
    }

    /** Makes a change, and waits for the disk when all locks are free again. */
    private static NfsStat3 status(Change change) {
        try (Unforced unforced = new Unforced()) {
            change.run(unforced);
            unforced.force();
            return NfsStat3.NFS3_OK;
        } catch (IOException e) {
            return Failures.status(e);
        }
    }

    Rename3Res rename(Rename3Args arguments, Request request) {
        Wcc from = new Wcc(export.tree());
        Wcc to = new Wcc(export.tree());
        NfsStat3 status = status(unforced -> {
            try (TreeLocks.Held held = export.locks().exclusive()) {
                try {
                    rename(arguments, request.caller(), from, to, unforced);
                } finally {
                    from.settle();
                    to.settle();
                }
            }
        });
        return new Rename3Res(status, from.data(), to.data());
    }

    private void rename(Rename3Args arguments, Caller caller, Wcc fromWcc, Wcc toWcc, Unforced unforced) throws IOException {
        Node from = writable(export, fromWcc, arguments.from().dir(), caller);
        Node to = writable(export, toWcc, arguments.to().dir(), caller);
        NfsText name = arguments.from().name();
        NfsText newName = arguments.to().name();
        FileName.checkChange(name, NfsStat3.NFS3ERR_INVAL);
        FileName.checkNew(newName, NfsStat3.NFS3ERR_INVAL);
        Node moved = export.tree().lookup(from, name);
        Rights.requireRemoval(caller, from.attributes(), moved.attributes());
        boolean directory = moved.attributes().isDirectory();
        if (directory && !from.handle().equals(to.handle())) {
            requireOutside(moved, to);
            Rights.require(caller, moved, Rights.WRITE);
        }
        Node replaced = existing(to, newName);
        if (replaced != null) {
            if (replaced.handle().equals(moved.handle())) {
                return;
            }
            Rights.requireRemoval(caller, to.attributes(), replaced.attributes());
            if (replaced.attributes().isDirectory() != directory) {
                throw new Nfs3Exception(NfsStat3.NFS3ERR_EXIST, "a directory replaces only a directory, anything else only anything else");
            }
            if (directory && !export.tree().isEmpty(replaced)) {
                throw new Nfs3Exception(NfsStat3.NFS3ERR_NOTEMPTY, "the directory to be replaced is not empty");
            }
        }
        export.tree().names(from, unforced);
        if (!from.handle().equals(to.handle())) {
            export.tree().names(to, unforced);
        }
        export.tree().rename(from, name, moved, to, newName, replaced);
    }

    private Node existing(Node directory, NfsText name) throws IOException {
        try {
            return export.tree().lookup(directory, name);
        } catch (IOException e) {
            if (Failures.status(e) == NfsStat3.NFS3ERR_NOENT) {
                return null;
            }
            throw e;
        }
    }

    /** A directory must not be moved into itself. */
    private void requireOutside(Node moved, Node to) throws IOException {
        FileHandle root = export.tree().root().handle();
        Node at = to;
        while (!at.handle().equals(root)) {
            if (at.handle().equals(moved.handle())) {
                throw new Nfs3Exception(NfsStat3.NFS3ERR_INVAL, "a directory cannot be moved into itself");
            }
            at = export.tree().parent(at);
        }
    }

    Link3Res link(Link3Args arguments, Request request) {
        Wcc file = new Wcc(export.tree());
        Wcc wcc = new Wcc(export.tree());
        NfsStat3 status = status(unforced -> {
            FileHandle directory = arguments.link().dir();
            boolean special = isSpecial(arguments.file());
            try (TreeLocks.Held held = special ? export.locks().exclusive() : export.locks().change(directory)) {
                try (TreeLocks.Held path = export.locks().path(arguments.file())) {
                    Node node = file.resolve(arguments.file());
                    Node dir = writable(export, wcc, directory, request.caller());
                    FileName.checkNew(arguments.link().name(), NfsStat3.NFS3ERR_EXIST);
                    requireLinkable(node.attributes());
                    export.tree().names(dir, unforced);
                    export.tree().link(node, dir, arguments.link().name());
                } finally {
                    file.settle();
                    wcc.settle();
                }
            }
        });
        return new Link3Res(status, file.data().after(), wcc.data());
    }

    /** Which never changes. A file that is not found is the end of the procedure: who asked once more would search once more, for ever. */
    private boolean isSpecial(FileHandle file) throws IOException {
        try (TreeLocks.Held held = export.locks().shared()) {
            FileType3 type = export.tree().resolve(file).attributes().type();
            return type != FileType3.NF3REG && type != FileType3.NF3DIR && type != FileType3.NF3LNK;
        }
    }

    private static void requireLinkable(Fattr3 attributes) throws Nfs3Exception {
        if (attributes.isDirectory()) {
            throw new Nfs3Exception(NfsStat3.NFS3ERR_INVAL, "a directory has one name");
        }
        if (Integer.compareUnsigned(attributes.nlink(), Limits.MAX_LINKS) >= 0) {
            throw new Nfs3Exception(NfsStat3.NFS3ERR_MLINK, "a file has at most " + Limits.MAX_LINKS + " names");
        }
    }
}
