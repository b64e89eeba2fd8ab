// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.dcache.oncrpc4j.rdma.export.Mounted.in;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.dcache.oncrpc4j.rdma.export.tree.DirectoryTree;
import org.dcache.oncrpc4j.rdma.export.tree.Forgetful;
import org.dcache.oncrpc4j.rdma.nfs3.FileHandle;
import org.dcache.oncrpc4j.rdma.nfs3.Nfs3;
import org.dcache.oncrpc4j.rdma.nfs3.NfsStat3;
import org.dcache.oncrpc4j.rdma.nfs3.args.Commit3Args;
import org.dcache.oncrpc4j.rdma.nfs3.results.Commit3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Wcc3Res;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Old handles on file systems of their own, where inode numbers are used again at once. Needs root, loop devices and overlays. */
class FileIdentityTest {

    @TempDir
    Path temporary;

    private final Deque<String[]> undo = new ArrayDeque<>();

    @AfterEach
    void unmount() {
        undo.forEach(Shell::need);
    }

    private Path mounted(Path point, String... how) throws IOException {
        Files.createDirectories(point);
        String[] command = new String[how.length + 2];
        command[0] = "mount";
        System.arraycopy(how, 0, command, 1, how.length);
        command[command.length - 1] = point.toString();
        Shell.need(command);
        undo.push(new String[] {"umount", point.toString()});
        return point;
    }

    private String loop(Path image) {
        String device = Shell.need("losetup", "-f", "--show", image.toString());
        undo.push(new String[] {"losetup", "-d", device});
        return device;
    }

    private Path image(String name, String... options) {
        Path image = temporary.resolve(name);
        Shell.need("truncate", "-s", "16M", image.toString());
        String[] command = new String[options.length + 3];
        command[0] = "mkfs.ext4";
        command[1] = "-q";
        System.arraycopy(options, 0, command, 2, options.length);
        command[command.length - 1] = image.toString();
        Shell.need(command);
        return image;
    }

    private Path overlay(Path lower, Path upper) throws IOException {
        Files.createDirectories(lower);
        for (String name : new String[] {"upper", "work"}) {
            Files.createDirectories(upper.resolve(name));
        }
        return mounted(temporary.resolve("merged"), "-t", "overlay", "overlay", "-o",
                "lowerdir=" + lower + ",upperdir=" + upper.resolve("upper") + ",workdir=" + upper.resolve("work"));
    }

    private static Mounted export(Path directory) throws IOException {
        return Mounted.asRoot(new DirectoryTree(directory, false, false));
    }

    private static long inode(Path file) throws IOException {
        return (Long) Files.getAttribute(file, "unix:ino");
    }

    private static NfsStat3 write(Mounted nfs, FileHandle file) throws IOException {
        return nfs.write(file, 0, new byte[] {'!'}, Nfs3.UNSTABLE).status();
    }

    /** Makes files until one has this inode number. */
    private static Path reused(Path directory, long inode) throws IOException {
        for (int i = 0; i < 1000; i++) {
            Path file = Files.writeString(directory.resolve("reused" + i), "other");
            if (inode(file) == inode) {
                return file;
            }
        }
        Shell.skipUnless(false, "the file system did not use inode " + inode + " again");
        throw new IllegalStateException();
    }

    @Test
    void handlesStayGoodWhenTheDeviceGetsAnotherNumber() throws IOException {
        Path image = image("disk");
        Path point = temporary.resolve("point");
        FileHandle root;
        FileHandle file;
        mounted(point, loop(image));
        try (Mounted nfs = export(point)) {
            root = nfs.root;
            file = nfs.create(root, "f");
        }
        Shell.need(undo.pop());
        String first = undo.peek()[2];
        Shell.need(undo.pop());
        assertThat(loop(image("other"))).isEqualTo(first);
        mounted(point, loop(image));
        try (Mounted nfs = export(point)) {
            assertThat(nfs.root).isEqualTo(root);
            assertThat(write(nfs, file)).isEqualTo(NfsStat3.NFS3_OK);
        }
    }

    @Test
    void withoutTimesOfBirthAHandleIsGoodForItsFileAndForNoOther() throws IOException {
        Path point = mounted(temporary.resolve("point"), loop(image("disk", "-I", "128")));
        FileHandle file;
        try (Mounted nfs = export(point)) {
            file = nfs.create(nfs.root, "f");
            assertThat(write(nfs, file)).isEqualTo(NfsStat3.NFS3_OK);
            assertThat(write(nfs, file)).as("after a change").isEqualTo(NfsStat3.NFS3_OK);
            long inode = inode(point.resolve("f"));
            assertThat(nfs.nfs(Nfs3.REMOVE, in(nfs.root, "f"), Wcc3Res::decode).status()).isEqualTo(NfsStat3.NFS3_OK);
            Path other = reused(point, inode);
            FileHandle found = nfs.lookup(nfs.root, other.getFileName().toString()).object();
            assertThat(write(nfs, file)).isEqualTo(NfsStat3.NFS3ERR_STALE);
            assertThat(other).hasContent("other");
            assertThat(write(nfs, found)).isEqualTo(NfsStat3.NFS3_OK);
            file = found;
        }
        try (Mounted nfs = export(point)) {
            assertThat(write(nfs, file)).as("after a restart").isEqualTo(NfsStat3.NFS3ERR_STALE);
        }
    }

    @Test
    void inAnOverlayAHandleIsGoodAfterItsFileWasCopiedUpAndForNoOther() throws IOException {
        Path disk = mounted(temporary.resolve("disk-point"), loop(image("disk")));
        Path lower = Files.createDirectories(disk.resolve("lower"));
        Files.writeString(lower.resolve("below"), "below");
        Path merged = overlay(lower, disk);
        try (Mounted nfs = export(merged)) {
            FileHandle below = nfs.lookup(nfs.root, "below").object();
            assertThat(write(nfs, below)).as("copied up").isEqualTo(NfsStat3.NFS3_OK);
            assertThat(nfs.read(below, 0, 10).data().toArray()).isEqualTo("!elow".getBytes());
            FileHandle file = nfs.create(nfs.root, "f");
            long inode = inode(merged.resolve("f"));
            Files.delete(merged.resolve("f"));
            Path other = reused(merged, inode);
            assertThat(write(nfs, file)).isEqualTo(NfsStat3.NFS3ERR_STALE);
            assertThat(other).hasContent("other");
        }
    }

    @Test
    void inAnOverlayHandlesOfDirectoriesAreGoodWhenSomethingInThemIsCopiedUp() throws IOException {
        Path disk = mounted(temporary.resolve("disk-point"), loop(image("disk")));
        Path lower = Files.createDirectories(disk.resolve("lower"));
        for (String top : new String[] {"a", "b", "c"}) {
            Files.createDirectories(lower.resolve(top).resolve("d"));
            Files.writeString(lower.resolve(top).resolve("d").resolve("f"), "below");
        }
        try (Mounted nfs = export(overlay(lower, disk))) {
            for (String top : new String[] {"a", "b", "c"}) {
                FileHandle above = nfs.lookup(nfs.root, top).object();
                FileHandle dir = nfs.lookup(above, "d").object();
                FileHandle file = nfs.lookup(dir, "f").object();
                switch (top) {
                    case "a" -> assertThat(write(nfs, file)).isEqualTo(NfsStat3.NFS3_OK);
                    case "b" -> nfs.create(dir, "new");
                    default -> assertThat(nfs.nfs(Nfs3.REMOVE, in(dir, "f"), Wcc3Res::decode).status()).isEqualTo(NfsStat3.NFS3_OK);
                }
                assertThat(nfs.getattr(dir).status()).as("%s/d", top).isEqualTo(NfsStat3.NFS3_OK);
                assertThat(nfs.getattr(above).status()).as(top).isEqualTo(NfsStat3.NFS3_OK);
                assertThat(nfs.lookup(above, "d").object()).isEqualTo(dir);
            }
        }
    }

    @Test
    void inAnOverlayHandlesOfForgottenFilesAreGoodForThemAndForNoOther() throws IOException {
        Path disk = mounted(temporary.resolve("disk-point"), loop(image("disk")));
        Path lower = Files.createDirectories(disk.resolve("lower"));
        Path deep = Files.createDirectories(lower.resolve("a").resolve("b"));
        for (int i = 0; i < 20; i++) {
            Files.writeString(deep.resolve("f" + i), "below");
        }
        Path merged = overlay(lower, disk);
        List<FileHandle> files = new ArrayList<>();
        try (Mounted nfs = Mounted.asRoot(Forgetful.tree(merged, 5))) {
            FileHandle dir = nfs.lookup(nfs.lookup(nfs.root, "a").object(), "b").object();
            for (int i = 0; i < 20; i++) {
                files.add(nfs.lookup(dir, "f" + i).object());
            }
            for (FileHandle file : files) {
                assertThat(nfs.read(file, 0, 10).data().toArray()).isEqualTo("below".getBytes());
            }
            assertThat(nfs.lookup(dir, "f0").object()).as("the same handle again").isEqualTo(files.get(0));
            FileHandle made = nfs.create(nfs.root, "made");
            long inode = inode(merged.resolve("made"));
            for (FileHandle file : files) {
                assertThat(nfs.getattr(file).status()).isEqualTo(NfsStat3.NFS3_OK);
            }
            Files.delete(merged.resolve("made"));
            Path other = reused(merged, inode);
            assertThat(write(nfs, made)).isIn(NfsStat3.NFS3ERR_STALE, NfsStat3.NFS3ERR_JUKEBOX);
            assertThat(other).hasContent("other");
        }
        try (Mounted nfs = Mounted.asRoot(Forgetful.tree(merged, 5))) {
            assertThat(nfs.getattr(files.get(0)).status()).as("after a restart").isEqualTo(NfsStat3.NFS3ERR_STALE);
        }
    }

    @Test
    void whatIsMountedOverTheDirectoryLaterIsNotExported() throws IOException {
        Path point = mounted(temporary.resolve("point"), "-t", "tmpfs", "none");
        try (Mounted nfs = export(point)) {
            FileHandle file = nfs.create(nfs.root, "f");
            mounted(point, "-t", "tmpfs", "none");
            assertThat(nfs.getattr(nfs.root).status()).isEqualTo(NfsStat3.NFS3ERR_STALE);
            assertThat(nfs.lookup(nfs.root, "f").status()).isEqualTo(NfsStat3.NFS3ERR_STALE);
            assertThat(write(nfs, file)).isEqualTo(NfsStat3.NFS3ERR_STALE);
        }
    }

    @Test
    void afterTheDiskHasFailedTheWriteVerifierIsAnother() throws IOException {
        Path small = mounted(temporary.resolve("small"), "-t", "tmpfs", "-o", "size=2M", "none");
        Path image = image("small/disk", "-O", "^has_journal");
        Path point = mounted(temporary.resolve("point"), loop(image));
        try (Mounted nfs = export(point)) {
            FileHandle file = nfs.create(nfs.root, "f");
            FileHandle other = nfs.create(nfs.root, "g");
            long before = nfs.write(other, 0, new byte[1], Nfs3.UNSTABLE).verf();
            for (int i = 0; i < 8; i++) {
                nfs.write(file, (long) i << 20, new byte[1 << 20], Nfs3.UNSTABLE);
            }
            Shell.skipUnless(commit(nfs, file).status() != NfsStat3.NFS3_OK, small + " took what does not fit it");
            Commit3Res later = commit(nfs, file);
            assertThat(later.status()).isEqualTo(NfsStat3.NFS3_OK);
            assertThat(later.verf()).isNotEqualTo(before);
        }
    }

    @Test
    void aFullDiskIsToldAsSuch() throws IOException {
        Path point = mounted(temporary.resolve("point"), "-t", "tmpfs", "-o", "size=1M", "none");
        try (Mounted nfs = export(point)) {
            FileHandle file = nfs.create(nfs.root, "f");
            nfs.write(file, 0, new byte[1 << 20], Nfs3.UNSTABLE);
            assertThat(nfs.write(file, 1 << 20, new byte[1 << 20], Nfs3.UNSTABLE).status()).isEqualTo(NfsStat3.NFS3ERR_NOSPC);
        }
    }

    private static Commit3Res commit(Mounted nfs, FileHandle file) throws IOException {
        return nfs.nfs(Nfs3.COMMIT, new Commit3Args(file, 0, 0), Commit3Res::decode);
    }

    @Test
    void anOverlayOfTwoFileSystemsIsNotExportedAndNothingIsMadeInIt() throws IOException {
        Path lower = mounted(temporary.resolve("lower-point"), loop(image("lower"))).resolve("lower");
        Path upper = mounted(temporary.resolve("upper-point"), loop(image("upper")));
        Path merged = overlay(lower, upper);
        Path probe = Files.createFile(merged.resolve("probe"));
        boolean split = !Files.getAttribute(probe, "unix:dev").equals(Files.getAttribute(merged, "unix:dev"));
        Shell.skipUnless(split, "this kernel gives files of such an overlay inode numbers of their own");
        assertThatThrownBy(() -> new DirectoryTree(merged, false, false)).isInstanceOf(IOException.class).hasMessageContaining("xino=on");
        Files.delete(probe);
        try (Mounted nfs = export(merged)) {
            assertThatThrownBy(() -> nfs.create(nfs.root, "f")).hasMessageContaining("NFS3ERR_SERVERFAULT");
            assertThat(merged).isEmptyDirectory();
        }
    }
}
