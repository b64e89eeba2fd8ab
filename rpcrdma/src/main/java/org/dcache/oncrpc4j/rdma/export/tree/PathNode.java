// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.export.tree;

import java.io.IOException;
import java.nio.file.Path;
import org.dcache.oncrpc4j.rdma.nfs3.Fattr3;
import org.dcache.oncrpc4j.rdma.nfs3.FileHandle;

/** A file of a {@link DirectoryTree}. */
record PathNode(FileHandle handle, long inode, Path path, Fattr3 attributes, Acls acls) implements Node {

    static PathNode of(Node node) {
        return (PathNode) node;
    }

    @Override
    public PosixAcl acl() throws IOException {
        return acls.of(path, attributes);
    }
}
