// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.export;

import java.io.IOException;
import org.dcache.oncrpc4j.rdma.export.tree.ExportTree;
import org.dcache.oncrpc4j.rdma.export.tree.Node;
import org.dcache.oncrpc4j.rdma.nfs3.Fattr3;
import org.dcache.oncrpc4j.rdma.nfs3.FileHandle;
import org.dcache.oncrpc4j.rdma.nfs3.WccAttr;
import org.dcache.oncrpc4j.rdma.nfs3.WccData;

/** Weak cache consistency data of one file in one procedure: its attributes before and after. One thread. */
final class Wcc {

    private final ExportTree tree;
    private Node node;
    private WccAttr before;
    private WccData settled;

    Wcc(ExportTree tree) {
        this.tree = tree;
    }

    /** Finds the file and remembers its attributes. */
    Node resolve(FileHandle handle) throws IOException {
        node = tree.resolve(handle);
        before = node.attributes().wcc();
        return node;
    }

    /** Attributes as they are now; null if the file was not found, or its attributes cannot be got. */
    Fattr3 attributes() {
        if (node == null) {
            return null;
        }
        try {
            return tree.attributes(node);
        } catch (IOException e) {
            return null;
        }
    }

    /** The file is as the procedure leaves it: the attributes of now are those after. */
    void settle() {
        settled = new WccData(before, attributes());
    }

    WccData data() {
        return settled != null ? settled : new WccData(before, attributes());
    }
}
