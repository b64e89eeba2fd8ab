// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.dcache.oncrpc4j.rdma.export.Mounted.in;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Random;
import org.dcache.oncrpc4j.rdma.export.tree.ExportTree;
import org.dcache.oncrpc4j.rdma.export.tree.PathChanges;
import org.dcache.oncrpc4j.rdma.nfs3.CreateMode3;
import org.dcache.oncrpc4j.rdma.nfs3.DirOpArgs3;
import org.dcache.oncrpc4j.rdma.nfs3.Fattr3;
import org.dcache.oncrpc4j.rdma.nfs3.FileHandle;
import org.dcache.oncrpc4j.rdma.nfs3.FileType3;
import org.dcache.oncrpc4j.rdma.nfs3.Nfs3;
import org.dcache.oncrpc4j.rdma.nfs3.NfsStat3;
import org.dcache.oncrpc4j.rdma.nfs3.NfsText;
import org.dcache.oncrpc4j.rdma.nfs3.NfsTime3;
import org.dcache.oncrpc4j.rdma.nfs3.Sattr3;
import org.dcache.oncrpc4j.rdma.nfs3.SetTime3;
import org.dcache.oncrpc4j.rdma.nfs3.SpecData3;
import org.dcache.oncrpc4j.rdma.nfs3.args.Commit3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Create3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Link3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Mknod3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Rename3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Setattr3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Symlink3Args;
import org.dcache.oncrpc4j.rdma.nfs3.results.Commit3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Create3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Fsinfo3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Fsstat3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Link3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Pathconf3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Read3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Readlink3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Rename3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Wcc3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Write3Res;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What every tree does, asked for over TCP with the procedures of NFS. */
abstract class TreeTest {

    @TempDir
    Path temporary;

    Mounted nfs;
    FileHandle root;

    abstract ExportTree tree() throws IOException;

    @BeforeEach
    void mount() throws IOException {
        nfs = Mounted.asRoot(tree());
        root = nfs.root;
    }

    @AfterEach
    void unmount() throws IOException {
        nfs.close();
    }

    private static byte[] bytes(int length) {
        byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        return bytes;
    }

    private Create3Res create(String name, CreateMode3 mode, Sattr3 attributes) throws IOException {
        return nfs.nfs(Nfs3.CREATE, Create3Args.of(in(root, name), mode, attributes), Create3Res::decode);
    }

    private Wcc3Res setattr(FileHandle file, Sattr3 change) throws IOException {
        return nfs.nfs(Nfs3.SETATTR, new Setattr3Args(file, change, null), Wcc3Res::decode);
    }

    @Test
    void clientsCannotMakeNamesThatTheServerGives() throws IOException {
        FileHandle file = nfs.create(root, "f");
        String name = PathChanges.UNREADY + "0000000100000002";
        assertThat(nfs.nfs(Nfs3.CREATE, Create3Args.of(in(root, name), CreateMode3.UNCHECKED, Sattr3.NONE), Create3Res::decode).status())
                .isEqualTo(NfsStat3.NFS3ERR_ACCES);
        assertThat(nfs.nfs(Nfs3.RENAME, new Rename3Args(in(root, "f"), in(root, name)), Rename3Res::decode).status())
                .isEqualTo(NfsStat3.NFS3ERR_ACCES);
        assertThat(nfs.nfs(Nfs3.LINK, new Link3Args(file, in(root, name)), Link3Res::decode).status()).isEqualTo(NfsStat3.NFS3ERR_ACCES);
        assertThat(nfs.getattr(file).status()).isEqualTo(NfsStat3.NFS3_OK);
    }

    private Rename3Res rename(FileHandle from, String name, FileHandle to, String newName) throws IOException {
        return nfs.nfs(Nfs3.RENAME, new Rename3Args(in(from, name), in(to, newName)), Rename3Res::decode);
    }

    private NfsStat3 remove(FileHandle dir, String name) throws IOException {
        return nfs.nfs(Nfs3.REMOVE, in(dir, name), Wcc3Res::decode).status();
    }

    private NfsStat3 rmdir(FileHandle dir, String name) throws IOException {
        return nfs.nfs(Nfs3.RMDIR, in(dir, name), Wcc3Res::decode).status();
    }

    @Test
    void whatWasWrittenIsReadBackAtEveryOddLength() throws IOException {
        for (int length : new int[] {0, 1, 2, 3, 4, 4095, 4096, 4097, 65537, (1 << 20) - 1, 1 << 20}) {
            FileHandle file = nfs.create(root, "f" + length);
            byte[] data = bytes(length);
            Write3Res written = nfs.write(file, 0, data, Nfs3.UNSTABLE);
            assertThat(written.count()).isEqualTo(length);
            assertThat(written.committed()).isEqualTo(Nfs3.UNSTABLE);
            Read3Res read = nfs.read(file, 0, 1 << 20);
            assertThat(read.count()).isEqualTo(length);
            assertThat(read.data().toArray()).isEqualTo(data);
            assertThat(read.eof()).isTrue();
            assertThat(read.attributes().size()).isEqualTo(length);
            if (length > 1) {
                Read3Res part = nfs.read(file, 1, length - 2);
                assertThat(part.count()).isEqualTo(length - 2);
                assertThat(part.eof()).isFalse();
            }
        }
        nfs.awaitReplyMemory();
    }

    @Test
    void holesAreZerosAndReadingBeyondTheEndIsTheEnd() throws IOException {
        FileHandle file = nfs.create(root, "f");
        nfs.write(file, 200_000, new byte[] {7}, Nfs3.FILE_SYNC);
        assertThat(nfs.read(file, 100_000, 100_001).data().toArray()).hasSize(100_001).endsWith(0, 7).startsWith(0, 0);
        for (long offset : new long[] {200_001, 1L << 40, -1}) {
            Read3Res beyond = nfs.read(file, offset, 10);
            assertThat(beyond.status()).isEqualTo(NfsStat3.NFS3_OK);
            assertThat(beyond.eof()).isTrue();
            assertThat(beyond.count()).isZero();
        }
    }

    @Test
    void committedDataHasTheVerifierOfTheWriteAndBothTellOneServer() throws IOException {
        FileHandle file = nfs.create(root, "f");
        Write3Res written = nfs.write(file, 0, bytes(100), Nfs3.UNSTABLE);
        Commit3Res committed = nfs.nfs(Nfs3.COMMIT, new Commit3Args(file, 0, 0), Commit3Res::decode);
        assertThat(committed.status()).isEqualTo(NfsStat3.NFS3_OK);
        assertThat(committed.verf()).isEqualTo(written.verf());
        assertThat(nfs.write(file, 0, bytes(3), Nfs3.DATA_SYNC).committed()).isEqualTo(Nfs3.DATA_SYNC);
        assertThat(nfs.write(file, 0, bytes(3), Nfs3.FILE_SYNC).committed()).isEqualTo(Nfs3.FILE_SYNC);
    }

    @Test
    @DisplayName("weak cache consistency data is what GETATTR told before and tells after")
    void weakCacheConsistency() throws IOException {
        FileHandle file = nfs.create(root, "f");
        Fattr3 before = nfs.attributes(file);
        Write3Res written = nfs.write(file, 0, bytes(10), Nfs3.UNSTABLE);
        assertThat(written.wcc().before()).isEqualTo(before.wcc());
        assertThat(written.wcc().after()).isEqualTo(nfs.attributes(file));
        Fattr3 dir = nfs.attributes(root);
        Wcc3Res removed = nfs.nfs(Nfs3.REMOVE, in(root, "f"), Wcc3Res::decode);
        assertThat(removed.wcc().before()).isEqualTo(dir.wcc());
        assertThat(removed.wcc().after().wcc()).isEqualTo(nfs.attributes(root).wcc());
        Wcc3Res failed = nfs.nfs(Nfs3.REMOVE, in(root, "f"), Wcc3Res::decode);
        assertThat(failed.status()).isEqualTo(NfsStat3.NFS3ERR_NOENT);
        assertThat(failed.wcc().after().fileid()).isEqualTo(dir.fileid());
    }

    @Test
    void createIsUncheckedGuardedOrExclusive() throws IOException {
        assertThat(create("f", CreateMode3.UNCHECKED, Sattr3.ofMode(0600)).attributes().mode()).isEqualTo(0600);
        nfs.write(nfs.lookup(root, "f").object(), 0, bytes(10), Nfs3.UNSTABLE);
        assertThat(create("f", CreateMode3.GUARDED, Sattr3.ofMode(0600)).status()).isEqualTo(NfsStat3.NFS3ERR_EXIST);
        Create3Res truncated = create("f", CreateMode3.UNCHECKED, Sattr3.ofSize(0));
        assertThat(truncated.attributes().size()).isZero();
        assertThat(truncated.object()).isEqualTo(nfs.lookup(root, "f").object());
        Create3Args exclusive = Create3Args.exclusive(in(root, "x"), 0x8123456789abcdefL);
        FileHandle made = nfs.nfs(Nfs3.CREATE, exclusive, Create3Res::decode).object();
        assertThat(nfs.nfs(Nfs3.CREATE, exclusive, Create3Res::decode).object()).isEqualTo(made);
        assertThat(nfs.nfs(Nfs3.CREATE, Create3Args.exclusive(in(root, "x"), 1), Create3Res::decode).status())
                .isEqualTo(NfsStat3.NFS3ERR_EXIST);
        nfs.mkdir(root, "d");
        assertThat(create("d", CreateMode3.UNCHECKED, Sattr3.NONE).status()).isEqualTo(NfsStat3.NFS3ERR_ISDIR);
    }

    @Test
    void attributesAreSetAndTheGuardIsKept() throws IOException {
        FileHandle file = nfs.create(root, "f");
        NfsTime3 atime = new NfsTime3(1_000_000_000, 123_456_789);
        NfsTime3 mtime = new NfsTime3(1_100_000_000, 987_654_321);
        assertThat(setattr(file, new Sattr3(0640, 11, 12, 1000L, SetTime3.to(atime), SetTime3.to(mtime))).status())
                .isEqualTo(NfsStat3.NFS3_OK);
        Fattr3 now = nfs.attributes(file);
        assertThat(now.mode()).isEqualTo(0640);
        assertThat(now.uid()).isEqualTo(11);
        assertThat(now.gid()).isEqualTo(12);
        assertThat(now.size()).isEqualTo(1000);
        assertThat(now.atime()).isEqualTo(atime);
        assertThat(now.mtime()).isEqualTo(mtime);
        Setattr3Args guarded = new Setattr3Args(file, Sattr3.ofSize(10), new NfsTime3(1, 1));
        assertThat(nfs.nfs(Nfs3.SETATTR, guarded, Wcc3Res::decode).status()).isEqualTo(NfsStat3.NFS3ERR_NOT_SYNC);
        assertThat(nfs.nfs(Nfs3.SETATTR, new Setattr3Args(file, Sattr3.ofSize(10), now.ctime()), Wcc3Res::decode).status())
                .isEqualTo(NfsStat3.NFS3_OK);
        assertThat(nfs.attributes(file).size()).isEqualTo(10);
        assertThat(setattr(root, Sattr3.ofSize(10)).status()).isEqualTo(NfsStat3.NFS3ERR_ISDIR);
        assertThat(setattr(file, Sattr3.ofSize(-1)).status()).isEqualTo(NfsStat3.NFS3ERR_FBIG);
    }

    @Test
    void truncatedDataDoesNotComeBack() throws IOException {
        FileHandle file = nfs.create(root, "f");
        nfs.write(file, 0, bytes(100), Nfs3.UNSTABLE);
        setattr(file, Sattr3.ofSize(10));
        setattr(file, Sattr3.ofSize(20));
        assertThat(nfs.read(file, 10, 10).data().toArray()).containsOnly(0).hasSize(10);
    }

    @Test
    void namesAreLookedUp() throws IOException {
        FileHandle dir = nfs.mkdir(root, "d");
        FileHandle file = nfs.create(dir, "f");
        assertThat(nfs.lookup(dir, "f").object()).isEqualTo(file);
        assertThat(nfs.lookup(dir, "f").dirAttributes()).isEqualTo(nfs.attributes(dir));
        assertThat(nfs.lookup(dir, ".").object()).isEqualTo(dir);
        assertThat(nfs.lookup(dir, "..").object()).isEqualTo(root);
        assertThat(nfs.lookup(root, "..").object()).isEqualTo(root);
        assertThat(nfs.lookup(dir, "g").status()).isEqualTo(NfsStat3.NFS3ERR_NOENT);
        assertThat(nfs.lookup(file, "g").status()).isEqualTo(NfsStat3.NFS3ERR_NOTDIR);
    }

    @Test
    void namesAreBytes() throws IOException {
        NfsText name = new NfsText(new byte[] {(byte) 0xff, (byte) 0xfe, 'x', (byte) 0xc3, (byte) 0xa4, ' ', '%', '?'});
        Create3Args args = Create3Args.of(new DirOpArgs3(root, name), CreateMode3.GUARDED, Sattr3.NONE);
        Create3Res made = nfs.nfs(Nfs3.CREATE, args, Create3Res::decode);
        assertThat(made.status()).isEqualTo(NfsStat3.NFS3_OK);
        assertThat(Pages.names(nfs, root)).contains(name);
        for (String target : new String[] {"\u00ff", "../\u00ff/./\u00fe", "/\u00ff/x", "\u00ff/../..", "plain/../x",
                "/", "dir/", "a//b", "//", "/a/./",
            "\u00ff//\u00fe/"}) {
            NfsText path = new NfsText(target.getBytes(StandardCharsets.ISO_8859_1));
            Symlink3Args link = new Symlink3Args(in(root, "l"), Sattr3.NONE, path);
            FileHandle symlink = nfs.nfs(Nfs3.SYMLINK, link, Create3Res::decode).object();
            assertThat(nfs.nfs(Nfs3.READLINK, symlink, Readlink3Res::decode).path()).isEqualTo(path);
            remove(root, "l");
        }
        for (String target : new String[] {"", "a\0b", "\u00ff\0"}) {
            Symlink3Args link = new Symlink3Args(in(root, "l"), Sattr3.NONE, new NfsText(target.getBytes(StandardCharsets.ISO_8859_1)));
            assertThat(nfs.nfs(Nfs3.SYMLINK, link, Create3Res::decode).status()).isEqualTo(NfsStat3.NFS3ERR_INVAL);
        }
    }

    @Test
    void removingTakesFilesAndRmdirEmptyDirectories() throws IOException {
        FileHandle dir = nfs.mkdir(root, "d");
        FileHandle file = nfs.create(dir, "f");
        assertThat(remove(root, "d")).isEqualTo(NfsStat3.NFS3ERR_ISDIR);
        assertThat(rmdir(dir, "f")).isEqualTo(NfsStat3.NFS3ERR_NOTDIR);
        assertThat(rmdir(root, "d")).isEqualTo(NfsStat3.NFS3ERR_NOTEMPTY);
        assertThat(remove(dir, "f")).isEqualTo(NfsStat3.NFS3_OK);
        assertThat(nfs.getattr(file).status()).isEqualTo(NfsStat3.NFS3ERR_STALE);
        assertThat(nfs.read(file, 0, 1).status()).isEqualTo(NfsStat3.NFS3ERR_STALE);
        assertThat(rmdir(root, "d")).isEqualTo(NfsStat3.NFS3_OK);
        assertThat(nfs.lookup(dir, "f").status()).isEqualTo(NfsStat3.NFS3ERR_STALE);
        assertThat(rmdir(root, ".")).isEqualTo(NfsStat3.NFS3ERR_INVAL);
        assertThat(rmdir(root, "..")).isEqualTo(NfsStat3.NFS3ERR_EXIST);
    }

    @Test
    void handlesSurviveRenaming() throws IOException {
        FileHandle one = nfs.mkdir(root, "one");
        FileHandle two = nfs.mkdir(root, "two");
        FileHandle sub = nfs.mkdir(one, "sub");
        FileHandle file = nfs.create(sub, "f");
        nfs.write(file, 0, bytes(10), Nfs3.UNSTABLE);
        assertThat(rename(one, "sub", two, "moved").status()).isEqualTo(NfsStat3.NFS3_OK);
        assertThat(rename(sub, "f", root, "g").status()).isEqualTo(NfsStat3.NFS3_OK);
        assertThat(nfs.read(file, 0, 10).data().toArray()).isEqualTo(bytes(10));
        assertThat(nfs.lookup(root, "g").object()).isEqualTo(file);
        assertThat(nfs.lookup(two, "moved").object()).isEqualTo(sub);
        assertThat(nfs.lookup(sub, "..").object()).isEqualTo(two);
        assertThat(nfs.lookup(one, "sub").status()).isEqualTo(NfsStat3.NFS3ERR_NOENT);
    }

    @Test
    void renamingReplacesLikeByLike() throws IOException {
        FileHandle a = nfs.create(root, "a");
        FileHandle b = nfs.create(root, "b");
        FileHandle dir = nfs.mkdir(root, "d");
        nfs.mkdir(root, "e");
        nfs.create(dir, "f");
        assertThat(rename(root, "a", root, "b").status()).isEqualTo(NfsStat3.NFS3_OK);
        assertThat(nfs.lookup(root, "b").object()).isEqualTo(a);
        assertThat(nfs.getattr(b).status()).isEqualTo(NfsStat3.NFS3ERR_STALE);
        assertThat(rename(root, "b", root, "d").status()).isEqualTo(NfsStat3.NFS3ERR_EXIST);
        assertThat(rename(root, "d", root, "b").status()).isEqualTo(NfsStat3.NFS3ERR_EXIST);
        assertThat(rename(root, "e", root, "d").status()).isEqualTo(NfsStat3.NFS3ERR_NOTEMPTY);
        assertThat(rename(root, "d", root, "e").status()).isEqualTo(NfsStat3.NFS3_OK);
        assertThat(rename(root, "e", dir, "x").status()).isEqualTo(NfsStat3.NFS3ERR_INVAL);
        assertThat(rename(root, "b", root, "b").status()).isEqualTo(NfsStat3.NFS3_OK);
        assertThat(rename(root, "..", root, "b").status()).isEqualTo(NfsStat3.NFS3ERR_INVAL);
    }

    @Test
    void aFileMayHaveSeveralNames() throws IOException {
        FileHandle file = nfs.create(root, "a");
        FileHandle dir = nfs.mkdir(root, "d");
        Link3Res linked = nfs.nfs(Nfs3.LINK, new Link3Args(file, in(dir, "b")), Link3Res::decode);
        assertThat(linked.attributes().nlink()).isEqualTo(2);
        assertThat(nfs.lookup(dir, "b").object()).isEqualTo(file);
        assertThat(rename(root, "a", dir, "b").status()).isEqualTo(NfsStat3.NFS3_OK);
        assertThat(nfs.lookup(root, "a").status()).as("two names of one file: nothing to do").isEqualTo(NfsStat3.NFS3_OK);
        assertThat(remove(dir, "b")).isEqualTo(NfsStat3.NFS3_OK);
        assertThat(nfs.attributes(file).nlink()).isEqualTo(1);
        assertThat(nfs.nfs(Nfs3.LINK, new Link3Args(dir, in(root, "x")), Link3Res::decode).status()).isEqualTo(NfsStat3.NFS3ERR_INVAL);
        assertThat(nfs.nfs(Nfs3.LINK, new Link3Args(file, in(root, "d")), Link3Res::decode).status()).isEqualTo(NfsStat3.NFS3ERR_EXIST);
    }

    @Test
    void symbolicLinksAreStoredAndNeverFollowed() throws IOException {
        Symlink3Args args = new Symlink3Args(in(root, "l"), Sattr3.NONE, NfsText.of("/etc"));
        FileHandle link = nfs.nfs(Nfs3.SYMLINK, args, Create3Res::decode).object();
        assertThat(nfs.attributes(link).type()).isEqualTo(FileType3.NF3LNK);
        NfsTime3 time = new NfsTime3(1_000_000_000, 123_456_000);
        assertThat(setattr(link, Sattr3.ofTimes(SetTime3.to(time), SetTime3.DONT_CHANGE)).status()).isEqualTo(NfsStat3.NFS3_OK);
        assertThat(nfs.attributes(link).atime()).as("the link's own").isEqualTo(time);
        assertThat(nfs.nfs(Nfs3.READLINK, link, Readlink3Res::decode).path()).isEqualTo(NfsText.of("/etc"));
        assertThat(nfs.lookup(link, "passwd").status()).isEqualTo(NfsStat3.NFS3ERR_NOTDIR);
        assertThat(nfs.read(link, 0, 10).status()).isEqualTo(NfsStat3.NFS3ERR_INVAL);
        assertThat(nfs.mount("/l/x").handle()).isNull();
        assertThat(nfs.nfs(Nfs3.READLINK, root, Readlink3Res::decode).status()).isEqualTo(NfsStat3.NFS3ERR_INVAL);
        assertThat(remove(root, "l")).isEqualTo(NfsStat3.NFS3_OK);
    }

    @Test
    void specialFilesAreMade() throws IOException {
        Mknod3Args fifo = new Mknod3Args(in(root, "p"), FileType3.NF3FIFO, Sattr3.ofMode(0600), null);
        Create3Res made = nfs.nfs(Nfs3.MKNOD, fifo, Create3Res::decode);
        Mknod3Args device = new Mknod3Args(in(root, "null"), FileType3.NF3CHR, Sattr3.ofMode(0666), new SpecData3(1, 3));
        assertThat(made.attributes().type()).isEqualTo(FileType3.NF3FIFO);
        assertThat(made.attributes().mode()).isEqualTo(0600);
        assertThat(nfs.nfs(Nfs3.MKNOD, device, Create3Res::decode).attributes().rdev()).isEqualTo(new SpecData3(1, 3));
        NfsTime3 time = new NfsTime3(1_000_000_000, 123_456_000);
        NfsTime3 later = new NfsTime3(1_100_000_000, 0);
        for (String name : new String[] {"p", "null"}) {
            FileHandle special = nfs.lookup(root, name).object();
            assertThat(setattr(special, Sattr3.ofTimes(SetTime3.to(time), SetTime3.to(later))).status()).isEqualTo(NfsStat3.NFS3_OK);
            assertThat(setattr(special, Sattr3.ofTimes(SetTime3.DONT_CHANGE, SetTime3.to(time))).status()).isEqualTo(NfsStat3.NFS3_OK);
            assertThat(nfs.attributes(special).atime()).isEqualTo(time);
            assertThat(nfs.attributes(special).mtime()).isEqualTo(time);
        }
        Mknod3Args regular = new Mknod3Args(in(root, "r"), FileType3.NF3REG, null, null);
        assertThat(nfs.nfs(Nfs3.MKNOD, regular, Create3Res::decode).status()).isEqualTo(NfsStat3.NFS3ERR_BADTYPE);
    }

    @Test
    void theFileSystemTellsItsSizes() throws IOException {
        Fsinfo3Res info = nfs.nfs(Nfs3.FSINFO, root, Fsinfo3Res::decode);
        assertThat(info.rtmax()).isEqualTo(1 << 20);
        assertThat(info.wtmax()).isEqualTo(1 << 20);
        assertThat(info.rtpref()).isEqualTo(1 << 20);
        assertThat(nfs.nfs(Nfs3.FSSTAT, root, Fsstat3Res::decode).tbytes()).isPositive();
        assertThat(nfs.nfs(Nfs3.FSSTAT, root, Fsstat3Res::decode).tfiles()).as("fits 32 bits").isBetween(0L, (1L << 31) - 1);
        assertThat(nfs.nfs(Nfs3.PATHCONF, root, Pathconf3Res::decode).nameMax()).isEqualTo(255);
    }

    @Test
    void hostileNamesHandlesAndRangesAreRefused() throws IOException {
        assertThat(nfs.lookup(root, "a/b").status()).isEqualTo(NfsStat3.NFS3ERR_INVAL);
        assertThat(nfs.lookup(root, "../../etc").status()).isEqualTo(NfsStat3.NFS3ERR_INVAL);
        assertThat(nfs.lookup(root, "a\0b").status()).isEqualTo(NfsStat3.NFS3ERR_INVAL);
        assertThat(nfs.lookup(root, "").status()).isEqualTo(NfsStat3.NFS3ERR_INVAL);
        assertThat(nfs.lookup(root, "x".repeat(256)).status()).isEqualTo(NfsStat3.NFS3ERR_NAMETOOLONG);
        assertThat(create("..", CreateMode3.UNCHECKED, Sattr3.NONE).status()).isEqualTo(NfsStat3.NFS3ERR_EXIST);
        assertThat(create("/tmp/x", CreateMode3.UNCHECKED, Sattr3.NONE).status()).isEqualTo(NfsStat3.NFS3ERR_INVAL);
        for (int length : new int[] {0, 1, 16, 24, 32, 64}) {
            assertThat(nfs.getattr(new FileHandle(bytes(length))).status()).isIn(NfsStat3.NFS3ERR_BADHANDLE, NfsStat3.NFS3ERR_STALE);
        }
        FileHandle file = nfs.create(root, "f");
        byte[] bent = file.bytes();
        for (int i = 0; i < bent.length; i++) {
            bent[i] ^= 1;
            assertThat(nfs.getattr(new FileHandle(bent)).status()).isIn(NfsStat3.NFS3ERR_BADHANDLE, NfsStat3.NFS3ERR_STALE);
            bent[i] ^= 1;
        }
        assertThat(nfs.write(file, -1, new byte[1], Nfs3.UNSTABLE).status()).isEqualTo(NfsStat3.NFS3ERR_FBIG);
        assertThat(nfs.write(file, Long.MAX_VALUE, new byte[1], Nfs3.UNSTABLE).status()).isEqualTo(NfsStat3.NFS3ERR_FBIG);
        assertThat(nfs.write(file, 0, new byte[1], 3).status()).isEqualTo(NfsStat3.NFS3ERR_INVAL);
        assertThat(nfs.read(root, 0, 1).status()).isEqualTo(NfsStat3.NFS3ERR_ISDIR);
        assertThat(nfs.read(file, 0, -1).status()).isEqualTo(NfsStat3.NFS3_OK);
    }
}
