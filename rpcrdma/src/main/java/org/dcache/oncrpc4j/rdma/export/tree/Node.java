// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.export.tree;

import java.io.IOException;
import org.dcache.oncrpc4j.rdma.nfs3.Fattr3;
import org.dcache.oncrpc4j.rdma.nfs3.FileHandle;

/** A file of an {@link ExportTree}. Valid during one procedure, while its locks are held. */
public interface Node {

    FileHandle handle();

    /** As they were when it was found. */
    Fattr3 attributes();

    /** The POSIX ACL; null if the file has none. */
    default PosixAcl acl() throws IOException {
        return null;
    }
}
