// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.export;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.dcache.oncrpc4j.rdma.export.tree.ExportTree;
import org.dcache.oncrpc4j.rdma.export.tree.memory.MemoryTree;
import org.dcache.oncrpc4j.rdma.nfs3.CreateMode3;
import org.dcache.oncrpc4j.rdma.nfs3.FileHandle;
import org.dcache.oncrpc4j.rdma.nfs3.Nfs3;
import org.dcache.oncrpc4j.rdma.nfs3.NfsStat3;
import org.dcache.oncrpc4j.rdma.nfs3.NfsText;
import org.dcache.oncrpc4j.rdma.nfs3.Sattr3;
import org.dcache.oncrpc4j.rdma.nfs3.args.Create3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Link3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Rename3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Setattr3Args;
import org.dcache.oncrpc4j.rdma.nfs3.results.Create3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Fsstat3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Link3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Rename3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Wcc3Res;
import org.junit.jupiter.api.Test;

/** The tree in memory, as every tree, and what is its own. */
class MemoryTreeTest extends TreeTest {

    /** Eight mebibytes of data, and some names, but not another page of data. */
    private static final int BUDGET = (8 << 20) + (60 << 10);

    @Override
    ExportTree tree() {
        return new MemoryTree(BUDGET);
    }

    @Test
    void aFileThatShrinksFromTheLargestSizeKeepsItsData() throws IOException {
        FileHandle file = nfs.create(root, "f");
        nfs.write(file, 0, new byte[] {1, 2, 3}, Nfs3.FILE_SYNC);
        for (long size : new long[] {Long.MAX_VALUE, Long.MAX_VALUE - 1}) {
            assertThat(nfs.nfs(Nfs3.SETATTR, new Setattr3Args(file, Sattr3.ofSize(size), null), Wcc3Res::decode).status())
                    .isEqualTo(NfsStat3.NFS3_OK);
        }
        assertThat(nfs.read(file, 0, 3).data().toArray()).containsExactly(1, 2, 3);
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

    @Test
    void namesAndLinksBeyondTheBudgetAreRefusedAndRemovedOnesGiveTheirShareBack() throws IOException {
        Fsstat3Res before = nfs.nfs(Nfs3.FSSTAT, root, Fsstat3Res::decode);
        int names = 0;
        NfsStat3 status = NfsStat3.NFS3_OK;
        while (status == NfsStat3.NFS3_OK) {
            Create3Args file = Create3Args.of(Mounted.in(root, "f" + names), CreateMode3.GUARDED, Sattr3.NONE);
            status = nfs.nfs(Nfs3.CREATE, file, Create3Res::decode).status();
            names++;
            assertThat(names).isLessThan(BUDGET / 1000);
        }
        assertThat(status).isEqualTo(NfsStat3.NFS3ERR_NOSPC);
        FileHandle first = nfs.lookup(root, "f0").object();
        nfs.nfs(Nfs3.REMOVE, Mounted.in(root, "f1"), Wcc3Res::decode);
        int links = 0;
        status = NfsStat3.NFS3_OK;
        while (status == NfsStat3.NFS3_OK) {
            status = nfs.nfs(Nfs3.LINK, new Link3Args(first, Mounted.in(root, "l" + links++)), Link3Res::decode).status();
            assertThat(links).isLessThan(10);
        }
        assertThat(status).isEqualTo(NfsStat3.NFS3ERR_NOSPC);
        nfs.nfs(Nfs3.RENAME, new Rename3Args(Mounted.in(root, "f2"), Mounted.in(root, "f3")), Rename3Res::decode);
        for (String name : Pages.names(nfs, root).stream().map(NfsText::toString).filter(n -> !n.startsWith(".")).toList()) {
            nfs.nfs(Nfs3.REMOVE, Mounted.in(root, name), Wcc3Res::decode);
        }
        assertThat(nfs.nfs(Nfs3.FSSTAT, root, Fsstat3Res::decode).fbytes()).isEqualTo(before.fbytes());
    }
}
