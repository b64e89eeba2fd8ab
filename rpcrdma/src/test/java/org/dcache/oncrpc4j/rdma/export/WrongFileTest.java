// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.export;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.dcache.oncrpc4j.rdma.export.tree.DirectoryTree;
import org.dcache.oncrpc4j.rdma.export.tree.ExportTree;
import org.dcache.oncrpc4j.rdma.nfs3.CreateMode3;
import org.dcache.oncrpc4j.rdma.nfs3.FileHandle;
import org.dcache.oncrpc4j.rdma.nfs3.FileType3;
import org.dcache.oncrpc4j.rdma.nfs3.Nfs3;
import org.dcache.oncrpc4j.rdma.nfs3.NfsStat3;
import org.dcache.oncrpc4j.rdma.nfs3.Sattr3;
import org.dcache.oncrpc4j.rdma.nfs3.args.Commit3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Create3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Link3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Mknod3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Rename3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Setattr3Args;
import org.dcache.oncrpc4j.rdma.nfs3.results.Commit3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Create3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Link3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Rename3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Wcc3Res;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A client puts another file in the place of one just when the server has found that by its path: the other one is left alone. */
class WrongFileTest {

    private static final int MODE = 0600;

    /** What happens between finding the file and using its path. */
    private interface Meanwhile {

        void run() throws IOException;
    }

    @TempDir
    Path directory;

    private final ExecutorService others = Executors.newSingleThreadExecutor();
    private volatile FileHandle victim;
    private volatile Future<Void> meanwhile;
    private Meanwhile replacing;
    private Mounted nfs;
    private FileHandle file;

    @BeforeEach
    void mountWithAFile() throws IOException {
        mount();
        file = nfs.create(nfs.root, "f");
    }

    private void mount() throws IOException {
        ExportTree tree = new DirectoryTree(directory, false, true);
        nfs = Mounted.asRoot(Wrapped.of(ExportTree.class, tree, (method, arguments, result) -> {
            if (method.getName().equals("resolve") && arguments[0].equals(victim) && meanwhile == null) {
                meanwhile = others.submit(() -> {
                    replacing.run();
                    return null;
                });
                waitSome();
            }
            return result;
        }));
    }

    /** It may have to wait until the call in which it falls is over. */
    private void waitSome() throws InterruptedException, ExecutionException {
        try {
            meanwhile.get(500, TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            assertThat(meanwhile.isDone()).isFalse();
        }
    }

    @AfterEach
    void unmount() throws IOException {
        nfs.close();
        others.shutdownNow();
    }

    private void replaced() throws IOException {
        removed();
        Create3Args another = Create3Args.of(Mounted.in(nfs.root, "f"), CreateMode3.GUARDED, Sattr3.ofMode(MODE));
        assertThat(nfs.nfs(Nfs3.CREATE, another, Create3Res::decode).status()).isEqualTo(NfsStat3.NFS3_OK);
    }

    private void removed() throws IOException {
        assertThat(nfs.nfs(Nfs3.REMOVE, Mounted.in(nfs.root, "f"), Wcc3Res::decode).status()).isEqualTo(NfsStat3.NFS3_OK);
    }

    private void replacedByAFifo() throws IOException {
        removed();
        Mknod3Args fifo = new Mknod3Args(Mounted.in(nfs.root, "f"), FileType3.NF3FIFO, Sattr3.ofMode(MODE), null);
        assertThat(nfs.nfs(Nfs3.MKNOD, fifo, Create3Res::decode).status()).isEqualTo(NfsStat3.NFS3_OK);
    }

    private void linkedToAFifo() throws IOException {
        removed();
        Link3Args link = new Link3Args(nfs.lookup(nfs.root, "fifo").object(), Mounted.in(nfs.root, "f"));
        assertThat(nfs.nfs(Nfs3.LINK, link, Link3Res::decode).status()).isEqualTo(NfsStat3.NFS3_OK);
    }

    private void assertAnotherIsThere() throws Exception {
        meanwhile.get(30, TimeUnit.SECONDS);
        assertThat(nfs.lookup(nfs.root, "f").object()).isNotEqualTo(file);
        assertThat(nfs.lookup(nfs.root, "f").attributes().mode()).isEqualTo(MODE);
    }

    private void assertNotSetBy(FileHandle handle) throws Exception {
        replacing = this::replaced;
        victim = handle;
        assertThat(nfs.nfs(Nfs3.SETATTR, new Setattr3Args(handle, Sattr3.ofMode(0666), null), Wcc3Res::decode).status())
                .isIn(NfsStat3.NFS3_OK, NfsStat3.NFS3ERR_STALE);
        assertAnotherIsThere();
    }

    @Test
    void itsAttributesAreNotSet() throws Exception {
        assertNotSetBy(file);
    }

    @Test
    void itsAttributesAreNotSetByAHandleOfAnEarlierNameEither() throws Exception {
        FileHandle older = nfs.create(nfs.root, "g");
        removed();
        nfs.nfs(Nfs3.RENAME, new Rename3Args(Mounted.in(nfs.root, "g"), Mounted.in(nfs.root, "f")), Rename3Res::decode);
        nfs.close();
        mount();
        file = nfs.lookup(nfs.root, "f").object();
        assertThat(file).as("another handle of the same file").isNotEqualTo(older);
        assertNotSetBy(older);
    }

    @Test
    void itGetsNoOtherName() throws Exception {
        replacing = this::replaced;
        victim = file;
        Link3Args link = new Link3Args(file, Mounted.in(nfs.mkdir(nfs.root, "d"), "g"));
        NfsStat3 linked = nfs.nfs(Nfs3.LINK, link, Link3Res::decode).status();
        assertThat(linked).isIn(NfsStat3.NFS3_OK, NfsStat3.NFS3ERR_STALE);
        assertAnotherIsThere();
        assertThat(nfs.lookup(nfs.root, "f").attributes().nlink()).isEqualTo(1);
    }

    @Test
    void aFifoIsNotOpened() throws Exception {
        replacing = this::replacedByAFifo;
        victim = file;
        assertThat(nfs.read(file, 0, 1).status()).isIn(NfsStat3.NFS3_OK, NfsStat3.NFS3ERR_STALE);
        assertAnotherIsThere();
    }

    @Test
    void aFifoThatIsLinkedThereIsNotOpened() throws Exception {
        Mknod3Args fifo = new Mknod3Args(Mounted.in(nfs.root, "fifo"), FileType3.NF3FIFO, Sattr3.ofMode(MODE), null);
        nfs.nfs(Nfs3.MKNOD, fifo, Create3Res::decode);
        replacing = this::linkedToAFifo;
        victim = file;
        assertThat(nfs.nfs(Nfs3.COMMIT, new Commit3Args(file, 0, 0), Commit3Res::decode).status())
                .isIn(NfsStat3.NFS3_OK, NfsStat3.NFS3ERR_STALE);
        assertAnotherIsThere();
    }
}
