// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.export;

import java.io.IOException;
import org.dcache.oncrpc4j.rdma.export.tree.Nfs3Exception;
import org.dcache.oncrpc4j.rdma.export.tree.Node;
import org.dcache.oncrpc4j.rdma.export.tree.PosixAcl;
import org.dcache.oncrpc4j.rdma.nfs3.Fattr3;
import org.dcache.oncrpc4j.rdma.nfs3.FileType3;
import org.dcache.oncrpc4j.rdma.nfs3.Nfs3;
import org.dcache.oncrpc4j.rdma.nfs3.NfsStat3;
import org.dcache.oncrpc4j.rdma.nfs3.Sattr3;
import org.dcache.oncrpc4j.rdma.nfs3.SetTime3;

/**
 * What a caller may do, by the mode bits and, where a file has one, its ACL. The server checks this itself: the process that it runs in may
 * be allowed more.
 *
 * <p>NFS has no open: a file's owner may always read and write it, because he may have opened it before he changed its mode, and who may
 * execute a file may read it (RFC 1813, section 4.4). Stateless.
 */
final class Rights {

    static final int READ = 4;
    static final int WRITE = 2;
    static final int EXECUTE = 1;

    private static final int STICKY = 01000;

    private Rights() {}

    /** Whether all of {@code wanted} is granted. With an ACL the group's mode bits are its mask, which grants nothing. */
    static boolean granted(Caller caller, Node node, int wanted) throws IOException {
        Fattr3 file = node.attributes();
        int mode = file.mode();
        if (caller.isRoot()) {
            return (wanted & EXECUTE) == 0 || file.isDirectory() || (mode & 0111) != 0;
        }
        boolean owner = caller.uid() == file.uid();
        PosixAcl acl = owner ? null : node.acl();
        if (acl != null) {
            return acl.grants(caller.uid(), file.gid(), caller::isIn, wanted);
        }
        int bits = owner ? mode >> 6 : caller.isIn(file.gid()) ? mode >> 3 : mode;
        return (bits & wanted) == wanted;
    }

    /** @throws Nfs3Exception ACCES */
    static void require(Caller caller, Node file, int wanted) throws IOException {
        if (!granted(caller, file, wanted)) {
            throw new Nfs3Exception(NfsStat3.NFS3ERR_ACCES, "mode " + Integer.toOctalString(file.attributes().mode())
                    + ", or the ACL, does not allow it to user " + caller.uid());
        }
    }

    static void requireRead(Caller caller, Node file) throws IOException {
        if (caller.uid() != file.attributes().uid() && !granted(caller, file, EXECUTE)) {
            require(caller, file, READ);
        }
    }

    static void requireWrite(Caller caller, Node file) throws IOException {
        if (caller.uid() != file.attributes().uid()) {
            require(caller, file, WRITE);
        }
    }

    /** Names in a sticky directory may be taken away only by the owner of what they name, or of the directory. */
    static void requireRemoval(Caller caller, Fattr3 directory, Fattr3 victim) throws Nfs3Exception {
        boolean sticky = (directory.mode() & STICKY) != 0;
        if (sticky && !caller.isRoot() && caller.uid() != victim.uid() && caller.uid() != directory.uid()) {
            throw new Nfs3Exception(NfsStat3.NFS3ERR_ACCES, "the directory is sticky");
        }
    }

    /** What SETATTR asks for: mode, owner and given times are the owner's to change, owners only root's. */
    static void requireChange(Caller caller, Node node, Sattr3 change) throws IOException {
        Fattr3 file = node.attributes();
        boolean owner = caller.isRoot() || caller.uid() == file.uid();
        if (change.uid() != null && !caller.isRoot() && !(owner && change.uid() == file.uid())) {
            throw new Nfs3Exception(NfsStat3.NFS3ERR_PERM, "only root gives files away");
        }
        if (change.gid() != null && !caller.isRoot() && !(owner && (change.gid() == file.gid() || caller.isIn(change.gid())))) {
            throw new Nfs3Exception(NfsStat3.NFS3ERR_PERM, "user " + caller.uid() + " is not in group " + change.gid());
        }
        if (change.mode() != null && !owner || !owner && (isGiven(change.atime()) || isGiven(change.mtime()))) {
            throw new Nfs3Exception(NfsStat3.NFS3ERR_PERM, "user " + caller.uid() + " does not own the file");
        }
        boolean touches = !change.atime().equals(SetTime3.DONT_CHANGE) || !change.mtime().equals(SetTime3.DONT_CHANGE);
        if (change.size() != null || touches && !owner) {
            requireWrite(caller, node);
        }
    }

    private static boolean isGiven(SetTime3 time) {
        return time.time() != null;
    }

    /** The answer to ACCESS: those of the bits asked for that are granted. */
    static int access(Caller caller, Node file, int asked, boolean readOnly) throws IOException {
        int allowed = 0;
        boolean directory = file.attributes().isDirectory();
        if (granted(caller, file, READ)) {
            allowed |= Nfs3.ACCESS3_READ;
        }
        if (granted(caller, file, WRITE) && !(readOnly && (directory || file.attributes().type() == FileType3.NF3REG))) {
            allowed |= Nfs3.ACCESS3_MODIFY | Nfs3.ACCESS3_EXTEND;
            if (directory && granted(caller, file, EXECUTE)) {
                allowed |= Nfs3.ACCESS3_DELETE;
            }
        }
        if (granted(caller, file, EXECUTE)) {
            allowed |= directory ? Nfs3.ACCESS3_LOOKUP : Nfs3.ACCESS3_EXECUTE;
        }
        return allowed & asked;
    }
}
