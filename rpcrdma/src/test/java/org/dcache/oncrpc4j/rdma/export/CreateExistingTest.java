// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.export;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.dcache.oncrpc4j.rdma.export.tree.ExportTree;
import org.dcache.oncrpc4j.rdma.export.tree.Node;
import org.dcache.oncrpc4j.rdma.export.tree.memory.MemoryTree;
import org.dcache.oncrpc4j.rdma.nfs3.CreateMode3;
import org.dcache.oncrpc4j.rdma.nfs3.FileHandle;
import org.dcache.oncrpc4j.rdma.nfs3.Nfs3;
import org.dcache.oncrpc4j.rdma.nfs3.NfsStat3;
import org.dcache.oncrpc4j.rdma.nfs3.NfsText;
import org.dcache.oncrpc4j.rdma.nfs3.Sattr3;
import org.dcache.oncrpc4j.rdma.nfs3.args.Create3Args;
import org.dcache.oncrpc4j.rdma.nfs3.results.Create3Res;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** CREATE UNCHECKED of a file that is there, which it resizes when it has let go of the directory. */
class CreateExistingTest {

    private static final NfsText NAME = NfsText.of("f");
    private static final int LENGTH = 100;

    /** Removed as soon as somebody has looked at its attributes. */
    private volatile FileHandle victim;
    private Mounted nfs;
    private FileHandle file;

    @BeforeEach
    void mountWithAFile() throws IOException {
        ExportTree tree = new MemoryTree(16 << 20);
        ExportTree removing = Wrapped.of(ExportTree.class, tree, (method, arguments, result) -> {
            if (method.getName().equals("attributes") && ((Node) arguments[0]).handle().equals(victim)) {
                victim = null;
                tree.remove(tree.root(), NAME, (Node) arguments[0]);
            }
            return result;
        });
        nfs = new Mounted(removing, ExportOptions.DEFAULT.withSquash(Squash.NONE), 2);
        file = nfs.create(nfs.root, "f");
        nfs.write(file, 0, new byte[LENGTH], Nfs3.UNSTABLE);
    }

    @AfterEach
    void unmount() throws IOException {
        nfs.close();
    }

    private Create3Res create(long size) throws IOException {
        return nfs.nfs(Nfs3.CREATE, Create3Args.of(Mounted.in(nfs.root, "f"), CreateMode3.UNCHECKED, Sattr3.ofSize(size)),
                Create3Res::decode);
    }

    @Test
    void itGetsTheSizeAndTheAnswerTellsIt() throws Exception {
        for (long size : new long[] {LENGTH / 2, 2 * LENGTH, 0}) {
            Create3Res created = create(size);
            assertThat(created.status()).isEqualTo(NfsStat3.NFS3_OK);
            assertThat(created.object()).isEqualTo(file);
            assertThat(created.attributes().size()).isEqualTo(size);
            assertThat(nfs.attributes(file).size()).isEqualTo(size);
        }
    }

    @Test
    void oneThatIsRemovedBeforeItIsResizedIsMadeAnew() throws Exception {
        victim = file;
        Create3Res created = create(LENGTH / 2);
        assertThat(victim).as("removed").isNull();
        assertThat(created.status()).isEqualTo(NfsStat3.NFS3_OK);
        assertThat(created.object()).isNotEqualTo(file);
        assertThat(nfs.attributes(created.object()).size()).isEqualTo(LENGTH / 2);
        assertThat(nfs.lookup(nfs.root, "f").object()).isEqualTo(created.object());
    }
}
