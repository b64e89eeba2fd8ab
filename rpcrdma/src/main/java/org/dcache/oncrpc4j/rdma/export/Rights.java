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
 * What a caller may do, by the mode bits and, where a file has one, its ACL. The server checks this itself, because its process may be
 * allowed more than the caller.
 *
 * <p>NFSv3 has no OPEN: the owner of a file may always read and write it, because it may have been opened before its mode was changed, and
 * whoever may execute a file may read it (RFC 1813, section 4.4). Stateless.
 */
final class Rights {

    static final int READ = 4;
    static final int WRITE = 2;
    static final int EXECUTE = 1;

    private static final int STICKY = 01000;

    private Rights() {}

    /** Whether all of {@code wanted} is granted. If there is an ACL, the mode's group bits are its mask and grant nothing by themselves. */
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
            throw new Nfs3Exception(NfsStat3.NFS3ERR_ACCES, "expected rights " + wanted + " for user "
                    + Integer.toUnsignedString(caller.uid()) + ", got mode " + Integer.toOctalString(file.attributes().mode())
                    + " or an ACL without them");
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

    /** Names in a sticky directory may be removed or moved only by the owner of the file or of the directory, and by root. */
    static void requireRemoval(Caller caller, Fattr3 directory, Fattr3 victim) throws Nfs3Exception {
        boolean sticky = (directory.mode() & STICKY) != 0;
        if (sticky && !caller.isRoot() && caller.uid() != victim.uid() && caller.uid() != directory.uid()) {
            throw new Nfs3Exception(NfsStat3.NFS3ERR_ACCES, "the directory is sticky");
        }
    }

    /**
     * Checks a SETATTR. Mode and explicit times may be changed by the owner, the group by the owner to one of its own groups, the owner by
     * root only; size and the server's time by whoever may write.
     */
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

    /** The result of ACCESS: the bits of {@code asked} that are granted. */
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
