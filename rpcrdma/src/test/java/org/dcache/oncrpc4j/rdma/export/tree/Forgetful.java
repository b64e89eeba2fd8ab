// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.export.tree;

import java.io.IOException;
import java.nio.file.Path;

/** Trees as large ones are: they remember few of their files. */
public final class Forgetful {

    private Forgetful() {}

    /** @param inodes that are remembered */
    public static ExportTree tree(Path directory, int inodes) throws IOException {
        return new DirectoryTree(directory, false, false, null, inodes);
    }
}
