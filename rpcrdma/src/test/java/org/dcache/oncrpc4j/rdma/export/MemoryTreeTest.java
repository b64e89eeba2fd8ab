// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.export;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.dcache.oncrpc4j.rdma.export.tree.ExportTree;
import org.dcache.oncrpc4j.rdma.export.tree.memory.MemoryTree;
import org.dcache.oncrpc4j.rdma.nfs3.FileHandle;
import org.dcache.oncrpc4j.rdma.nfs3.Nfs3;
import org.dcache.oncrpc4j.rdma.nfs3.NfsStat3;
import org.dcache.oncrpc4j.rdma.nfs3.results.Wcc3Res;
import org.junit.jupiter.api.Test;

/** The tree in memory, as every tree, and what is its own. */
class MemoryTreeTest extends TreeTest {

    private static final int BUDGET = 8 << 20;

    @Override
    ExportTree tree() {
        return new MemoryTree(BUDGET);
    }

    @Test
    void dataBeyondTheBudgetIsRefusedAndARemovedFileGivesItsShareBack() throws IOException {
        byte[] mebibyte = new byte[1 << 20];
        FileHandle file = nfs.create(root, "f");
        for (int i = 0; i < 8; i++) {
            assertThat(nfs.write(file, (long) i << 20, mebibyte, Nfs3.UNSTABLE).status()).isEqualTo(NfsStat3.NFS3_OK);
        }
        FileHandle other = nfs.create(root, "g");
        assertThat(nfs.write(other, 0, new byte[1], Nfs3.UNSTABLE).status()).isEqualTo(NfsStat3.NFS3ERR_NOSPC);
        nfs.nfs(Nfs3.REMOVE, Mounted.in(root, "f"), Wcc3Res::decode);
        assertThat(nfs.write(other, 0, new byte[1], Nfs3.UNSTABLE).status()).isEqualTo(NfsStat3.NFS3_OK);
    }
}
