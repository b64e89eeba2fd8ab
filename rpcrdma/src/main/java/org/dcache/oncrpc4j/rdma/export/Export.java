// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.export;

import org.dcache.oncrpc4j.rdma.export.tree.ExportTree;
import org.dcache.oncrpc4j.rdma.export.tree.Nfs3Exception;
import org.dcache.oncrpc4j.rdma.export.tree.TreeLocks;
import org.dcache.oncrpc4j.rdma.nfs3.NfsStat3;

/** What the procedures of one export share. Immutable; any thread. */
record Export(ExportTree tree, TreeLocks locks, boolean readOnly) {

    Export(ExportTree tree, boolean readOnly) {
        this(tree, new TreeLocks(tree::file), readOnly);
    }

    /** @throws Nfs3Exception ROFS */
    void requireWritable() throws Nfs3Exception {
        if (readOnly) {
            throw new Nfs3Exception(NfsStat3.NFS3ERR_ROFS, "the export is read-only");
        }
    }
}
