// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.export.tree;

import java.io.IOException;
import org.dcache.oncrpc4j.rdma.nfs3.Fattr3;
import org.dcache.oncrpc4j.rdma.nfs3.FileHandle;

/** A file of an {@link ExportTree}, found a moment ago. Good for one procedure, while its locks are held. */
public interface Node {

    FileHandle handle();

    /** As they were when it was found. */
    Fattr3 attributes();

    /** The ACL that says more than the mode; null if it has none. */
    default PosixAcl acl() throws IOException {
        return null;
    }
}
