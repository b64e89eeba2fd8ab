// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.export;

import java.util.List;

/**
 * How a tree is exported.
 *
 * @param readOnly everything that would change something is answered ROFS
 * @param squash whom callers are taken for
 * @param anonymousUid of callers who are squashed
 * @param anonymousGid of callers who are squashed
 * @param readMemory most bytes of direct memory for replies to READ; a READ that finds none is answered JUKEBOX
 * @param flavors security flavors that are served, the preferred one first
 */
public record ExportOptions(boolean readOnly, Squash squash, int anonymousUid, int anonymousGid, long readMemory,
        List<SecurityFlavor> flavors) {

    /** "nobody" of Linux. */
    public static final int NOBODY = 65534;

    private static final long READ_MEMORY = 128L << 20;

    /** Writable, the client's root squashed. */
    public static final ExportOptions DEFAULT = new ExportOptions(false, Squash.ROOT, NOBODY, NOBODY, READ_MEMORY,
            List.of(SecurityFlavor.SYS));

    public ExportOptions withReadOnly(boolean newReadOnly) {
        return new ExportOptions(newReadOnly, squash, anonymousUid, anonymousGid, readMemory, flavors);
    }

    public ExportOptions withSquash(Squash newSquash) {
        return new ExportOptions(readOnly, newSquash, anonymousUid, anonymousGid, readMemory, flavors);
    }

    public ExportOptions withAnonymous(int uid, int gid) {
        return new ExportOptions(readOnly, squash, uid, gid, readMemory, flavors);
    }

    public ExportOptions withFlavors(List<SecurityFlavor> newFlavors) {
        return new ExportOptions(readOnly, squash, anonymousUid, anonymousGid, readMemory, List.copyOf(newFlavors));
    }
}
