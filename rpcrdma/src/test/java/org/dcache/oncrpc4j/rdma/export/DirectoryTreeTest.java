// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.dcache.oncrpc4j.rdma.export.Mounted.in;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.dcache.oncrpc4j.rdma.export.tree.DirectoryTree;
import org.dcache.oncrpc4j.rdma.export.tree.ExportTree;
import org.dcache.oncrpc4j.rdma.export.tree.PathChanges;
import org.dcache.oncrpc4j.rdma.export.tree.SearchNeeded;
import org.dcache.oncrpc4j.rdma.nfs3.CreateMode3;
import org.dcache.oncrpc4j.rdma.nfs3.FileHandle;
import org.dcache.oncrpc4j.rdma.nfs3.Nfs3;
import org.dcache.oncrpc4j.rdma.nfs3.NfsStat3;
import org.dcache.oncrpc4j.rdma.nfs3.Sattr3;
import org.dcache.oncrpc4j.rdma.nfs3.args.Create3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Link3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Rename3Args;
import org.dcache.oncrpc4j.rdma.nfs3.results.Create3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Link3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Rename3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Wcc3Res;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A directory, as every tree, and what is its own: restarts, and others who change it. Some of it needs root, as the server does. */
class DirectoryTreeTest extends TreeTest {

    @Override
    ExportTree tree() throws IOException {
        return new DirectoryTree(directory(), false, true);
    }

    private Path directory() throws IOException {
        return Files.createDirectories(temporary.resolve("export"));
    }

    private void restart() throws IOException {
        unmount();
        nfs = Mounted.asRoot(tree());
    }

    @Test
    void handlesSurviveARestart() throws IOException {
        FileHandle dir = nfs.mkdir(nfs.mkdir(root, "a"), "b");
        FileHandle file = nfs.create(dir, "f");
        FileHandle moved = nfs.create(dir, "g");
        nfs.write(file, 0, new byte[] {1, 2, 3}, Nfs3.FILE_SYNC);
        nfs.nfs(Nfs3.RENAME, new Rename3Args(in(root, "a"), in(root, "z")), Rename3Res::decode);
        nfs.nfs(Nfs3.RENAME, new Rename3Args(in(dir, "g"), in(root, "h")), Rename3Res::decode);
        FileHandle gone = nfs.create(dir, "gone");
        nfs.nfs(Nfs3.REMOVE, in(dir, "gone"), Wcc3Res::decode);
        long verifier = nfs.write(file, 0, new byte[] {1}, Nfs3.FILE_SYNC).verf();
        restart();
        assertThat(nfs.root).isEqualTo(root);
        assertThat(nfs.read(file, 0, 10).data().toArray()).containsExactly(1, 2, 3);
        assertThat(retried(moved)).isEqualTo(NfsStat3.NFS3_OK);
        assertThat(nfs.lookup(dir, "f").object()).isEqualTo(file);
        assertThat(retried(gone)).isEqualTo(NfsStat3.NFS3ERR_STALE);
        assertThat(nfs.write(file, 0, new byte[] {1}, Nfs3.FILE_SYNC).verf()).as("tells the restart").isNotEqualTo(verifier);
    }

    /** What it is told to come again for, it does. */
    private NfsStat3 done(Procedure procedure) throws IOException {
        NfsStat3 status = procedure.run();
        while (status == NfsStat3.NFS3ERR_JUKEBOX) {
            status = procedure.run();
        }
        return status;
    }

    private interface Procedure {
        NfsStat3 run() throws IOException;
    }

    @Test
    @Timeout(60)
    void afterARestartAProcedureFindsAllTheFilesThatItNeeds() throws IOException {
        FileHandle y = nfs.mkdir(nfs.mkdir(root, "x"), "y");
        FileHandle z = nfs.mkdir(nfs.mkdir(root, "v"), "z");
        nfs.create(y, "a");
        restart();
        assertThat(done(() -> nfs.nfs(Nfs3.RENAME, new Rename3Args(in(y, "a"), in(y, "b")), Rename3Res::decode).status()))
                .isEqualTo(NfsStat3.NFS3_OK);
        FileHandle file = nfs.lookup(y, "b").object();
        restart();
        assertThat(done(() -> nfs.nfs(Nfs3.LINK, new Link3Args(file, in(z, "link")), Link3Res::decode).status()))
                .isEqualTo(NfsStat3.NFS3_OK);
        restart();
        assertThat(done(() -> nfs.nfs(Nfs3.RENAME, new Rename3Args(in(y, "b"), in(z, "c")), Rename3Res::decode).status()))
                .isEqualTo(NfsStat3.NFS3_OK);
        restart();
        assertThat(done(() -> nfs.nfs(Nfs3.CREATE, Create3Args.of(in(z, "c"), CreateMode3.UNCHECKED, Sattr3.ofSize(0)), Create3Res::decode)
                .status())).isEqualTo(NfsStat3.NFS3_OK);
    }

    @Test
    void whatSomebodyElseHasUnderTheServersOwnNameStays() throws IOException {
        Path theirs = Files.createDirectory(directory().resolve(PathChanges.UNREADY + "0123456709abcdef"));
        assertThat(nfs.nfs(Nfs3.CREATE, Create3Args.exclusive(in(root, "x"), 0x8123456789abcdefL), Create3Res::decode).status())
                .isEqualTo(NfsStat3.NFS3_OK);
        assertThat(theirs).isDirectory();
    }

    @Test
    void anExclusiveFileIsKnownAgainAfterARestartAndOneThatWasNotReadyIsMadeAnew() throws IOException {
        Create3Args exclusive = Create3Args.exclusive(in(root, "x"), 0x8123456789abcdefL);
        FileHandle made = nfs.nfs(Nfs3.CREATE, exclusive, Create3Res::decode).object();
        // What a server leaves that was killed before the file had its name.
        Path unready = directory().resolve(PathChanges.UNREADY + "0123456709abcdef");
        Files.createFile(unready);
        restart();
        assertThat(nfs.nfs(Nfs3.CREATE, exclusive, Create3Res::decode).object()).isEqualTo(made);
        assertThat(nfs.nfs(Nfs3.CREATE, Create3Args.exclusive(in(root, "y"), 0x8123456789abcdefL), Create3Res::decode).status())
                .isEqualTo(NfsStat3.NFS3_OK);
        assertThat(nfs.nfs(Nfs3.CREATE, Create3Args.exclusive(in(root, "x"), 1), Create3Res::decode).status())
                .isEqualTo(NfsStat3.NFS3ERR_EXIST);
        try (Stream<Path> left = Files.list(directory())) {
            assertThat(left.map(path -> path.getFileName().toString())).containsExactlyInAnyOrder("x", "y");
        }
    }

    /** A search of the whole tree may have to wait for its turn; the client is told to come again, and does. */
    private NfsStat3 retried(FileHandle handle) throws IOException {
        NfsStat3 status = nfs.getattr(handle).status();
        while (status == NfsStat3.NFS3ERR_JUKEBOX) {
            status = nfs.getattr(handle).status();
        }
        return status;
    }

    @Test
    void aDirectoryThatSomebodyElseTurnedIntoASymbolicLinkLeadsNowhere() throws IOException {
        Path secret = Files.createDirectories(temporary.resolve("secret").resolve("b"));
        Files.writeString(secret.resolve("f"), "secret");
        FileHandle dir = nfs.mkdir(nfs.mkdir(root, "a"), "b");
        FileHandle file = nfs.create(dir, "f");
        Path a = directory().resolve("a");
        Files.move(a, temporary.resolve("away"));
        Files.createSymbolicLink(a, temporary.resolve("secret"));
        assertThat(retried(dir)).isEqualTo(NfsStat3.NFS3ERR_STALE);
        assertThat(retried(file)).isEqualTo(NfsStat3.NFS3ERR_STALE);
        assertThat(nfs.read(file, 0, 10).status()).isIn(NfsStat3.NFS3ERR_STALE, NfsStat3.NFS3ERR_JUKEBOX);
        Files.delete(a);
        Files.createSymbolicLink(a, temporary.resolve("away"));
        assertThat(nfs.read(file, 0, 10).status()).as("the same inode, by way of a link")
                .isIn(NfsStat3.NFS3ERR_STALE, NfsStat3.NFS3ERR_JUKEBOX);
    }

    @Test
    void aFileThatSomebodyElseMovedIsFound() throws IOException {
        FileHandle dir = nfs.mkdir(root, "d");
        FileHandle file = nfs.create(dir, "f");
        Files.move(directory().resolve("d").resolve("f"), directory().resolve("g"));
        assertThat(retried(file)).isEqualTo(NfsStat3.NFS3_OK);
        assertThat(nfs.lookup(root, "g").object()).isEqualTo(file);
    }

    @Test
    void aFileThatSomebodyElseReplacedIsAnother() throws IOException {
        FileHandle file = nfs.create(root, "f");
        Path path = directory().resolve("f");
        Files.writeString(directory().resolve("new"), "new");
        Files.move(directory().resolve("new"), path, StandardCopyOption.REPLACE_EXISTING);
        assertThat(retried(file)).isEqualTo(NfsStat3.NFS3ERR_STALE);
        assertThat(nfs.lookup(root, "f").object()).isNotEqualTo(file);
    }

    @Test
    void aFileThatMustBeSearchedForIsSearchedForWithoutTheLocks() throws IOException {
        FileHandle file = nfs.create(nfs.mkdir(root, "d"), "f");
        unmount();
        ExportTree tree = tree();
        assertThatThrownBy(() -> tree.resolve(file)).isInstanceOf(SearchNeeded.class);
        nfs = Mounted.asRoot(tree);
        assertThat(retried(file)).isEqualTo(NfsStat3.NFS3_OK);
        Files.delete(directory().resolve("d").resolve("f"));
        assertThat(retried(file)).isEqualTo(NfsStat3.NFS3ERR_STALE);
    }

    @Test
    void aProgramThatWasReadCanBeRunOnTheServerAndOneThatWasWrittenSoonAfter() throws IOException {
        Path program = directory().resolve("program");
        Files.copy(Path.of("/bin/true"), program, StandardCopyOption.COPY_ATTRIBUTES);
        FileHandle file = nfs.lookup(root, "program").object();
        byte[] begin = nfs.read(file, 0, 100).data().toArray();
        assertThat(runs(program)).isTrue();
        assertThat(nfs.write(file, 0, begin, Nfs3.FILE_SYNC).status()).isEqualTo(NfsStat3.NFS3_OK);
        eventually(() -> runs(program));
    }

    private static boolean runs(Path program) {
        try {
            return new ProcessBuilder(program.toString()).start().waitFor() == 0;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void theSpaceOfAFileThatSomebodyElseRemovedIsFreed() throws IOException {
        FileHandle file = nfs.create(root, "f");
        nfs.write(file, 0, new byte[10], Nfs3.UNSTABLE);
        nfs.read(file, 0, 10);
        Path path = directory().toRealPath().resolve("f");
        Files.delete(path);
        eventually(() -> openFiles().noneMatch(open -> open.startsWith(path.toString())));
    }

    private static Stream<String> openFiles() {
        return Stream.of(new File("/proc/self/fd").listFiles()).map(open -> {
            try {
                return Files.readSymbolicLink(open.toPath()).toString();
            } catch (IOException e) {
                return "closed meanwhile";
            }
        });
    }

    private static void eventually(BooleanSupplier condition) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime() - deadline).as("waited for half a minute").isNegative();
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
        }
    }

    @Test
    void onlyADirectoryCanBeExported() throws IOException {
        Path file = Files.createFile(temporary.resolve("f"));
        assertThatThrownBy(() -> new DirectoryTree(file, false, true)).isInstanceOf(NotDirectoryException.class);
        assertThatThrownBy(() -> new DirectoryTree(temporary.resolve("g"), false, true)).isInstanceOf(NoSuchFileException.class);
    }
}
