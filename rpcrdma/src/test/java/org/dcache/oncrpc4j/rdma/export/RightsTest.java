// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.dcache.oncrpc4j.rdma.export.Mounted.in;
import static org.dcache.oncrpc4j.rdma.export.Mounted.unix;

import java.io.IOException;
import org.dcache.oncrpc4j.rdma.export.tree.memory.MemoryTree;
import org.dcache.oncrpc4j.rdma.nfs3.CreateMode3;
import org.dcache.oncrpc4j.rdma.nfs3.Fattr3;
import org.dcache.oncrpc4j.rdma.nfs3.FileHandle;
import org.dcache.oncrpc4j.rdma.nfs3.FileType3;
import org.dcache.oncrpc4j.rdma.nfs3.Nfs3;
import org.dcache.oncrpc4j.rdma.nfs3.NfsStat3;
import org.dcache.oncrpc4j.rdma.nfs3.NfsText;
import org.dcache.oncrpc4j.rdma.nfs3.NfsTime3;
import org.dcache.oncrpc4j.rdma.nfs3.Sattr3;
import org.dcache.oncrpc4j.rdma.nfs3.SetTime3;
import org.dcache.oncrpc4j.rdma.nfs3.args.Access3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Create3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Link3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Mkdir3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Mknod3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Rename3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Setattr3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Symlink3Args;
import org.dcache.oncrpc4j.rdma.nfs3.results.Access3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Create3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Link3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Rename3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Wcc3Res;
import org.dcache.oncrpc4j.rpc.RpcAuth;
import org.dcache.oncrpc4j.rpc.RpcAuthTypeNone;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Who may do what. */
class RightsTest {

    private static final RpcAuth ROOT = unix(0, 0);
    private static final RpcAuth OWNER = unix(100, 200);
    private static final RpcAuth GROUP = unix(101, 999, 7, 200);
    private static final RpcAuth OTHER = unix(102, 202);

    private static Mounted start(Squash squash, boolean readOnly) throws IOException {
        return new Mounted(new MemoryTree(1 << 20), ExportOptions.DEFAULT.withSquash(squash).withReadOnly(readOnly));
    }

    private static NfsStat3 setattr(Mounted nfs, FileHandle file, Sattr3 change) throws IOException {
        return nfs.nfs(Nfs3.SETATTR, new Setattr3Args(file, change, null), Wcc3Res::decode).status();
    }

    private static Sattr3 owners(Integer uid, Integer gid) {
        return new Sattr3(null, uid, gid, null, SetTime3.DONT_CHANGE, SetTime3.DONT_CHANGE);
    }

    /** Bits by ACCESS: 1 read, 4 and 8 change, 32 execute. */
    @ParameterizedTest
    @CsvSource({
        "0000, 0, 0, 0, 13", "0400, 1, 0, 0, 13", "0200, 12, 0, 0, 13", "0100, 32, 0, 0, 45", "0040, 0, 1, 0, 13", "0020, 0, 12, 0, 13",
        "0010, 0, 32, 0, 45", "0004, 0, 0, 1, 13", "0002, 0, 0, 12, 13", "0001, 0, 0, 32, 45", "0754, 45, 33, 1, 45", "0077, 0, 45, 45, 45"
    })
    void accessToAFileIsWhatItsModeSays(String mode, int owner, int group, int other, int root) throws IOException {
        try (Mounted nfs = start(Squash.NONE, false)) {
            FileHandle file = nfs.as(OWNER).create(nfs.root, "f");
            setattr(nfs, file, Sattr3.ofMode(Integer.parseInt(mode, 8)));
            assertThat(access(nfs.as(OWNER), file)).isEqualTo(owner);
            assertThat(access(nfs.as(GROUP), file)).isEqualTo(group);
            assertThat(access(nfs.as(OTHER), file)).isEqualTo(other);
            assertThat(access(nfs.as(ROOT), file)).isEqualTo(root);
            assertThat(access(nfs.as(new RpcAuthTypeNone()), file)).as("nobody").isEqualTo(other);
        }
    }

    private static int access(Mounted nfs, FileHandle file) throws IOException {
        return nfs.nfs(Nfs3.ACCESS, new Access3Args(file, 0x3f), Access3Res::decode).access();
    }

    @Test
    void dataIsReadAndWrittenByWhoMayAndTheOwnerAlways() throws IOException {
        try (Mounted nfs = start(Squash.NONE, false)) {
            FileHandle file = nfs.as(OWNER).create(nfs.root, "f");
            setattr(nfs, file, Sattr3.ofMode(0040));
            assertThat(nfs.write(file, 0, new byte[1], Nfs3.UNSTABLE).status()).isEqualTo(NfsStat3.NFS3_OK);
            assertThat(nfs.read(file, 0, 1).status()).isEqualTo(NfsStat3.NFS3_OK);
            assertThat(nfs.as(GROUP).read(file, 0, 1).status()).isEqualTo(NfsStat3.NFS3_OK);
            assertThat(nfs.write(file, 0, new byte[1], Nfs3.UNSTABLE).status()).isEqualTo(NfsStat3.NFS3ERR_ACCES);
            assertThat(nfs.as(OTHER).read(file, 0, 1).status()).isEqualTo(NfsStat3.NFS3ERR_ACCES);
            assertThat(setattr(nfs, file, Sattr3.ofSize(0))).isEqualTo(NfsStat3.NFS3ERR_ACCES);
            setattr(nfs.as(OWNER), file, Sattr3.ofMode(0001));
            assertThat(nfs.as(OTHER).read(file, 0, 1).status()).as("who may execute may read").isEqualTo(NfsStat3.NFS3_OK);
        }
    }

    @Test
    void anIdThatNobodyCanHaveIsNotTheServersOwn() throws IOException {
        try (Mounted nfs = start(Squash.NONE, false)) {
            Fattr3 nobodys = nfs.attributes(nfs.as(unix(-1, 200)).create(nfs.root, "u"));
            assertThat(nobodys.uid()).isEqualTo(ExportOptions.NOBODY);
            assertThat(nfs.attributes(nfs.as(unix(100, -1)).create(nfs.root, "g")).gid()).isEqualTo(ExportOptions.NOBODY);
            FileHandle file = nfs.as(ROOT).create(nfs.root, "f");
            assertThat(setattr(nfs, file, owners(-1, null))).isEqualTo(NfsStat3.NFS3ERR_INVAL);
            assertThat(setattr(nfs, file, owners(null, -1))).isEqualTo(NfsStat3.NFS3ERR_INVAL);
        }
        assertThat(UserIds.parse("1505433401:4294967294")).isEqualTo(new UserIds(1505433401, -2)).hasToString("1505433401:4294967294");
        for (String text : new String[] {"4294967295:0", "0:4294967295", "-1:0", "1", "1:2:3", "99999999999:1"}) {
            assertThatThrownBy(() -> UserIds.parse(text)).isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void attributesAreTheOwnersToChange() throws IOException {
        try (Mounted nfs = start(Squash.NONE, false)) {
            FileHandle file = nfs.as(OWNER).create(nfs.root, "f");
            SetTime3 given = SetTime3.to(new NfsTime3(5, 5));
            setattr(nfs, file, Sattr3.ofMode(0666));
            nfs.as(OTHER);
            assertThat(setattr(nfs, file, Sattr3.ofMode(0777))).isEqualTo(NfsStat3.NFS3ERR_PERM);
            assertThat(setattr(nfs, file, Sattr3.ofTimes(given, given))).isEqualTo(NfsStat3.NFS3ERR_PERM);
            assertThat(setattr(nfs, file, Sattr3.ofTimes(SetTime3.SET_TO_SERVER_TIME, SetTime3.SET_TO_SERVER_TIME)))
                    .as("who may write may touch")
                    .isEqualTo(NfsStat3.NFS3_OK);
            assertThat(setattr(nfs, file, owners(102, null))).isEqualTo(NfsStat3.NFS3ERR_PERM);
            nfs.as(unix(100, 200, 201));
            assertThat(setattr(nfs, file, owners(101, null))).as("only root gives files away").isEqualTo(NfsStat3.NFS3ERR_PERM);
            assertThat(setattr(nfs, file, owners(null, 201))).isEqualTo(NfsStat3.NFS3_OK);
            assertThat(setattr(nfs, file, owners(null, 202))).isEqualTo(NfsStat3.NFS3ERR_PERM);
            assertThat(setattr(nfs.as(ROOT), file, owners(1, 2))).isEqualTo(NfsStat3.NFS3_OK);
        }
    }

    @Test
    @DisplayName("a write, a new size and a new owner take the set-uid and set-gid bits away, if it was not root")
    void setUid() throws IOException {
        try (Mounted nfs = start(Squash.NONE, false)) {
            FileHandle file = nfs.as(OWNER).create(nfs.root, "f");
            setattr(nfs, file, Sattr3.ofMode(06777));
            assertThat(nfs.attributes(file).mode()).isEqualTo(06777);
            nfs.as(OTHER).write(file, 0, new byte[1], Nfs3.UNSTABLE);
            assertThat(nfs.attributes(file).mode()).isEqualTo(0777);
            setattr(nfs.as(OWNER), file, Sattr3.ofMode(06777));
            Create3Args cut = Create3Args.of(in(nfs.root, "f"), CreateMode3.UNCHECKED, Sattr3.ofSize(0));
            assertThat(nfs.nfs(Nfs3.CREATE, cut, Create3Res::decode).attributes().mode()).isEqualTo(0777);
            setattr(nfs.as(unix(100, 999)), file, Sattr3.ofMode(02777));
            assertThat(nfs.attributes(file).mode()).as("set-gid of a foreign group").isEqualTo(0777);
        }
    }

    @Test
    void namesAreMadeAndRemovedByWhoMayWriteTheDirectoryAndStickyOnesByOwners() throws IOException {
        try (Mounted nfs = start(Squash.NONE, false)) {
            FileHandle dir = nfs.as(OWNER).mkdir(nfs.root, "d");
            nfs.create(dir, "f");
            nfs.as(OTHER);
            assertThat(all(nfs, dir)).containsOnly(NfsStat3.NFS3ERR_ACCES);
            setattr(nfs.as(OWNER), dir, Sattr3.ofMode(01777));
            nfs.as(OTHER);
            assertThat(nfs.nfs(Nfs3.REMOVE, in(dir, "f"), Wcc3Res::decode).status()).isEqualTo(NfsStat3.NFS3ERR_ACCES);
            nfs.create(dir, "mine");
            assertThat(nfs.nfs(Nfs3.REMOVE, in(dir, "mine"), Wcc3Res::decode).status()).isEqualTo(NfsStat3.NFS3_OK);
            setattr(nfs.as(OWNER), dir, Sattr3.ofMode(0700));
            assertThat(nfs.as(OTHER).lookup(dir, "f").status()).isEqualTo(NfsStat3.NFS3ERR_ACCES);
        }
    }

    /** What each procedure that changes something in a directory with a file f says. */
    private static NfsStat3[] all(Mounted nfs, FileHandle dir) throws IOException {
        return new NfsStat3[] {
            nfs.nfs(Nfs3.CREATE, Create3Args.of(in(dir, "n"), CreateMode3.UNCHECKED, Sattr3.NONE), Create3Res::decode).status(),
            nfs.nfs(Nfs3.CREATE, Create3Args.exclusive(in(dir, "n"), 1), Create3Res::decode).status(),
            nfs.nfs(Nfs3.MKDIR, new Mkdir3Args(in(dir, "n"), Sattr3.NONE), Create3Res::decode).status(),
            nfs.nfs(Nfs3.SYMLINK, new Symlink3Args(in(dir, "n"), Sattr3.NONE, NfsText.of("x")), Create3Res::decode).status(),
            nfs.nfs(Nfs3.MKNOD, new Mknod3Args(in(dir, "n"), FileType3.NF3FIFO, Sattr3.NONE, null), Create3Res::decode).status(),
            nfs.nfs(Nfs3.REMOVE, in(dir, "f"), Wcc3Res::decode).status(),
            nfs.nfs(Nfs3.RMDIR, in(dir, "f"), Wcc3Res::decode).status(),
            nfs.nfs(Nfs3.RENAME, new Rename3Args(in(dir, "f"), in(dir, "g")), Rename3Res::decode).status(),
            nfs.nfs(Nfs3.LINK, new Link3Args(nfs.root, in(dir, "g")), Link3Res::decode).status()
        };
    }

    @Test
    void nothingIsChangedInAReadOnlyExport() throws IOException {
        try (Mounted nfs = start(Squash.NONE, true)) {
            assertThat(all(nfs, nfs.root)).containsOnly(NfsStat3.NFS3ERR_ROFS);
            assertThat(setattr(nfs, nfs.root, Sattr3.ofMode(0))).isEqualTo(NfsStat3.NFS3ERR_ROFS);
            assertThat(nfs.write(nfs.root, 0, new byte[1], Nfs3.UNSTABLE).status()).isEqualTo(NfsStat3.NFS3ERR_ROFS);
            assertThat(access(nfs, nfs.root)).as("read and look up").isEqualTo(0x03);
        }
    }

    @ParameterizedTest
    @EnumSource
    void whoIsSquashedIsTheAnonymousUser(Squash squash) throws IOException {
        try (Mounted nfs = start(squash, false)) {
            Fattr3 roots = nfs.attributes(nfs.as(ROOT).create(nfs.root, "r"));
            Fattr3 users = nfs.attributes(nfs.as(OWNER).create(nfs.root, "u"));
            int nobody = ExportOptions.NOBODY;
            assertThat(roots.uid()).isEqualTo(squash == Squash.NONE ? 0 : nobody);
            assertThat(roots.gid()).isEqualTo(squash == Squash.NONE ? 0 : nobody);
            assertThat(users.uid()).isEqualTo(squash == Squash.ALL ? nobody : 100);
            assertThat(users.gid()).isEqualTo(squash == Squash.ALL ? nobody : 200);
        }
    }
}
