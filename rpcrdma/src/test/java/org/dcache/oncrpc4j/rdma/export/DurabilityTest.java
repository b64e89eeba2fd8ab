// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.export;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.dcache.oncrpc4j.rdma.export.tree.DirectoryTree;
import org.dcache.oncrpc4j.rdma.export.tree.ExportTree;
import org.dcache.oncrpc4j.rdma.export.tree.Unforced;
import org.dcache.oncrpc4j.rdma.nfs3.CreateMode3;
import org.dcache.oncrpc4j.rdma.nfs3.FileHandle;
import org.dcache.oncrpc4j.rdma.nfs3.FileType3;
import org.dcache.oncrpc4j.rdma.nfs3.Nfs3;
import org.dcache.oncrpc4j.rdma.nfs3.NfsStat3;
import org.dcache.oncrpc4j.rdma.nfs3.NfsText;
import org.dcache.oncrpc4j.rdma.nfs3.Sattr3;
import org.dcache.oncrpc4j.rdma.nfs3.args.Create3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Link3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Mkdir3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Mknod3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Rename3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Setattr3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Symlink3Args;
import org.dcache.oncrpc4j.rdma.nfs3.results.Create3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Link3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Rename3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Wcc3Res;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is on the disk when a change is acknowledged, and what is said when the disk fails. */
class DurabilityTest {

    private static final long VERIFIER = 0x8123456789abcdefL;

    @TempDir
    Path directory;

    /** What was forced, by the method of the tree that gave it. */
    private final List<String> forced = new CopyOnWriteArrayList<>();
    private volatile boolean broken;
    private Mounted nfs;
    private FileHandle root;

    @BeforeEach
    void mount() throws IOException {
        ExportTree tree = new DirectoryTree(directory, false, true);
        nfs = Mounted.asRoot(Wrapped.of(ExportTree.class, tree, (method, arguments, result) -> {
            if (arguments != null && arguments[arguments.length - 1] instanceof Unforced unforced) {
                unforced.add(noted(method.getName()));
            }
            return result;
        }));
        root = nfs.root;
    }

    @AfterEach
    void unmount() throws IOException {
        nfs.close();
    }

    /** Is forced just before what the method gave. */
    private ExportTree.Forced noted(String method) {
        return new ExportTree.Forced() {
            @Override
            public void force(boolean metadata) {
                forced.add(method);
                if (broken) {
                    // The next force of a channel fails.
                    Thread.currentThread().interrupt();
                }
            }

            @Override
            public void close() {
                forced.add("closed");
            }
        };
    }

    private NfsStat3 exclusive(long verifier) throws IOException {
        return nfs.nfs(Nfs3.CREATE, Create3Args.exclusive(Mounted.in(root, "x"), verifier), Create3Res::decode).status();
    }

    /** Which things were forced since somebody asked, closed meanwhile. */
    private List<String> forced() {
        List<String> all = List.copyOf(forced);
        forced.clear();
        List<String> names = all.stream().filter(name -> !name.equals("closed")).toList();
        assertThat(all.subList(names.size(), all.size())).as("each is closed, at the end").hasSize(names.size()).containsOnly("closed");
        return names;
    }

    @Test
    void aFileIsForcedBeforeItsNameAndADirectoryForEachChangeOfItsNames() throws IOException {
        FileHandle file = nfs.create(root, "f");
        assertThat(forced()).containsExactly("create", "names");
        FileHandle dir = nfs.mkdir(root, "d");
        assertThat(forced()).containsExactly("create", "names");
        nfs.nfs(Nfs3.SYMLINK, new Symlink3Args(Mounted.in(dir, "s"), Sattr3.NONE, NfsText.of("x")), Create3Res::decode);
        assertThat(forced()).contains("names");
        nfs.nfs(Nfs3.MKNOD, new Mknod3Args(Mounted.in(dir, "p"), FileType3.NF3FIFO, Sattr3.NONE, null), Create3Res::decode);
        assertThat(forced()).contains("names");
        nfs.nfs(Nfs3.LINK, new Link3Args(file, Mounted.in(dir, "l")), Link3Res::decode);
        assertThat(forced()).containsExactly("names");
        nfs.nfs(Nfs3.RENAME, new Rename3Args(Mounted.in(dir, "l"), Mounted.in(root, "l")), Rename3Res::decode);
        assertThat(forced()).containsExactly("names", "names");
        nfs.nfs(Nfs3.REMOVE, Mounted.in(root, "l"), Wcc3Res::decode);
        assertThat(forced()).containsExactly("names");
        for (String name : new String[] {"s", "p"}) {
            nfs.nfs(Nfs3.REMOVE, Mounted.in(dir, name), Wcc3Res::decode);
            assertThat(forced()).containsExactly("names");
        }
        nfs.nfs(Nfs3.RMDIR, Mounted.in(root, "d"), Wcc3Res::decode);
        assertThat(forced()).containsExactly("names");
        nfs.nfs(Nfs3.SETATTR, new Setattr3Args(root, Sattr3.ofMode(0755), null), Wcc3Res::decode);
        assertThat(forced()).containsExactly("change");
    }

    @Test
    void aNameThatSomebodyElseHasMadeIsForcedBeforeItIsReliedOn() throws IOException {
        Files.createFile(directory.resolve("f"));
        Create3Args unchecked = Create3Args.of(Mounted.in(root, "f"), CreateMode3.UNCHECKED, Sattr3.NONE);
        assertThat(nfs.nfs(Nfs3.CREATE, unchecked, Create3Res::decode).status()).isEqualTo(NfsStat3.NFS3_OK);
        assertThat(forced()).containsExactly("names");
    }

    @Test
    void anExclusiveFileThatCouldNotBeForcedIsForcedWhenTheClientAsksAgain() throws IOException {
        FileHandle other = nfs.create(root, "other");
        long before = nfs.write(other, 0, new byte[1], Nfs3.UNSTABLE).verf();
        forced();
        broken = true;
        assertThat(exclusive(VERIFIER)).isEqualTo(NfsStat3.NFS3ERR_IO);
        assertThat(forced).startsWith("create");
        assertThat(nfs.write(other, 0, new byte[1], Nfs3.UNSTABLE).verf()).as("the verifier tells of the failure").isNotEqualTo(before);
        broken = false;
        forced.clear();
        assertThat(exclusive(VERIFIER)).isEqualTo(NfsStat3.NFS3_OK);
        assertThat(forced()).as("the file and its name").containsExactly("change", "names");
        assertThat(exclusive(VERIFIER + 1)).isEqualTo(NfsStat3.NFS3ERR_EXIST);
    }

    @Test
    void aDirectoryThatCannotBeForcedFailsTheChangeAndTheVerifierTellsOfIt() throws IOException {
        FileHandle other = nfs.create(root, "other");
        long before = nfs.write(other, 0, new byte[1], Nfs3.UNSTABLE).verf();
        broken = true;
        Wcc3Res removed = nfs.nfs(Nfs3.REMOVE, Mounted.in(root, "other"), Wcc3Res::decode);
        broken = false;
        assertThat(removed.status()).isEqualTo(NfsStat3.NFS3ERR_IO);
        assertThat(removed.wcc().after()).as("the directory without the name").isEqualTo(nfs.attributes(root));
        FileHandle another = nfs.create(root, "another");
        assertThat(nfs.write(another, 0, new byte[1], Nfs3.UNSTABLE).verf()).isNotEqualTo(before);
    }
}
