// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.export.tree;

import org.dcache.oncrpc4j.rdma.nfs3.NfsStat3;
import org.dcache.oncrpc4j.rdma.nfs3.NfsText;

/** What a name in a directory may be. Stateless. */
public final class FileName {

    /** Longest name, bytes: NAME_MAX of every system known. */
    public static final int MAX = 255;

    public static final NfsText DOT = NfsText.of(".");
    public static final NfsText DOT_DOT = NfsText.of("..");

    private FileName() {}

    static boolean isDots(NfsText name) {
        return name.equals(DOT) || name.equals(DOT_DOT);
    }

    /** @throws Nfs3Exception INVAL or NAMETOOLONG if no file can have it */
    public static void check(NfsText name) throws Nfs3Exception {
        if (name.length() > MAX) {
            throw new Nfs3Exception(NfsStat3.NFS3ERR_NAMETOOLONG, "a name has at most " + MAX + " bytes, got " + name.length());
        }
        byte[] bytes = name.bytes();
        boolean bad = bytes.length == 0;
        for (byte b : bytes) {
            bad |= b == '/' || b == 0;
        }
        if (bad) {
            throw new Nfs3Exception(NfsStat3.NFS3ERR_INVAL, "expected a name without slash and zero byte, not empty, got '" + name + "'");
        }
    }

    /**
     * For a name that is to be made, moved or removed.
     *
     * @param dots the status for "." and ".."
     */
    public static void checkChange(NfsText name, NfsStat3 dots) throws Nfs3Exception {
        check(name);
        if (isDots(name)) {
            throw new Nfs3Exception(dots, "\"" + name + "\" can be neither made nor removed");
        }
    }

    /** As {@link #checkChange}, for a name that is to be made: it must not be one that only this server gives, for the moment. */
    public static void checkNew(NfsText name, NfsStat3 dots) throws Nfs3Exception {
        checkChange(name, dots);
        if (name.toString().startsWith(PathChanges.UNREADY)) {
            throw new Nfs3Exception(NfsStat3.NFS3ERR_ACCES, "names that begin with " + PathChanges.UNREADY + " are this server's own, got '"
                    + name + "'");
        }
    }
}
