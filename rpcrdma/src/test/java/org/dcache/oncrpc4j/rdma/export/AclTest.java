// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.dcache.oncrpc4j.rdma.export.Mounted.unix;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.dcache.oncrpc4j.rdma.export.tree.DirectoryTree;
import org.dcache.oncrpc4j.rdma.nfs3.FileHandle;
import org.dcache.oncrpc4j.rdma.nfs3.Nfs3;
import org.dcache.oncrpc4j.rdma.nfs3.NfsStat3;
import org.dcache.oncrpc4j.rdma.nfs3.args.Access3Args;
import org.dcache.oncrpc4j.rdma.nfs3.results.Access3Res;
import org.dcache.oncrpc4j.rpc.RpcAuth;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files with POSIX ACLs: callers get what the server's kernel would let them have. Needs setfacl, and root to give files away. */
class AclTest {

    private static final int READ = 0x01;
    private static final int CHANGE = 0x0c;
    private static final int LOOKUP = 0x02;

    private static final RpcAuth OWNER = unix(100, 200);
    private static final RpcAuth GROUP = unix(101, 200);
    private static final RpcAuth NAMED = unix(1000, 999);
    private static final RpcAuth NAMED_GROUP = unix(102, 999, 300);
    private static final RpcAuth OTHER = unix(103, 999);

    @TempDir
    Path directory;

    private Mounted nfs;

    @BeforeEach
    void mount() throws IOException {
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        nfs = Mounted.asRoot(new DirectoryTree(directory, false, false));
    }

    @AfterEach
    void unmount() throws IOException {
        nfs.close();
    }

    private FileHandle file(String mode, String... acl) throws IOException {
        Path file = Files.writeString(directory.resolve("f"), "secret");
        own(file, mode);
        for (String entry : acl) {
            Shell.need("setfacl", "-m", entry, file.toString());
        }
        return nfs.lookup(nfs.root, "f").object();
    }

    private static void own(Path path, String mode) {
        Shell.need("chmod", mode, path.toString());
        Shell.need("chown", "100:200", path.toString());
    }

    private int access(RpcAuth user, FileHandle file) throws IOException {
        return nfs.as(user).nfs(Nfs3.ACCESS, new Access3Args(file, 0x3f), Access3Res::decode).access();
    }

    @Test
    void theMaskGivesTheGroupNothing() throws IOException {
        FileHandle file = file("0600", "u:1000:rw");
        assertThat(access(GROUP, file)).isZero();
        assertThat(nfs.read(file, 0, 10).status()).isEqualTo(NfsStat3.NFS3ERR_ACCES);
        assertThat(nfs.write(file, 0, new byte[1], Nfs3.UNSTABLE).status()).isEqualTo(NfsStat3.NFS3ERR_ACCES);
        assertThat(access(OWNER, file)).isEqualTo(READ | CHANGE);
        assertThat(access(NAMED, file)).isEqualTo(READ | CHANGE);
        assertThat(nfs.read(file, 0, 10).status()).isEqualTo(NfsStat3.NFS3_OK);
        assertThat(nfs.write(file, 0, new byte[1], Nfs3.UNSTABLE).status()).isEqualTo(NfsStat3.NFS3_OK);
    }

    @Test
    void whoIsNamedGetsHisEntryWithinTheMaskAndNobodyElsesRights() throws IOException {
        FileHandle file = file("0664", "u:1000:-", "g:300:rw", "m::r");
        assertThat(access(NAMED, file)).as("less than anybody").isZero();
        assertThat(access(NAMED_GROUP, file)).as("within the mask").isEqualTo(READ);
        assertThat(access(GROUP, file)).as("within the mask").isEqualTo(READ);
        assertThat(access(OTHER, file)).isEqualTo(READ);
    }

    @Test
    void anAclThatIsSetWhileTheFileIsInUseCountsAtOnce() throws IOException {
        FileHandle file = file("0644");
        assertThat(access(OTHER, file)).isEqualTo(READ);
        Shell.need("setfacl", "-m", "u:103:-", directory.resolve("f").toString());
        assertThat(access(OTHER, file)).isZero();
        assertThat(nfs.read(file, 0, 10).status()).isEqualTo(NfsStat3.NFS3ERR_ACCES);
    }

    @Test
    void aDirectorysAclDecidesWhoLooksUpAndWhoMakesFiles() throws IOException {
        FileHandle dir = nfs.mkdir(nfs.root, "d");
        nfs.create(dir, "f");
        own(directory.resolve("d"), "0700");
        Shell.need("setfacl", "-m", "u:1000:x", directory.resolve("d").toString());
        assertThat(access(NAMED, dir)).isEqualTo(LOOKUP);
        assertThat(nfs.lookup(dir, "f").status()).isEqualTo(NfsStat3.NFS3_OK);
        assertThat(nfs.as(GROUP).lookup(dir, "f").status()).isEqualTo(NfsStat3.NFS3ERR_ACCES);
    }

    @Test
    void aNewFileGetsNoMoreThanItsDirectorysDefaultAclGrants() throws IOException {
        FileHandle dir = nfs.mkdir(nfs.root, "d");
        Shell.need("setfacl", "-d", "-m", "u::rwx,g::r-x,u:1000:rwx,m::rx,o::-", directory.resolve("d").toString());
        FileHandle file = nfs.create(dir, "f");
        Path made = directory.resolve("d").resolve("f");
        assertThat((Integer) Files.getAttribute(made, "unix:mode", LinkOption.NOFOLLOW_LINKS) & 0777).isEqualTo(0640);
        assertThat(access(OTHER, file)).isZero();
        assertThat(access(NAMED, file)).isEqualTo(READ);
        assertThat(nfs.as(unix(0, 0)).lookup(dir, "f").object()).isEqualTo(file);
        nfs.mkdir(dir, "e");
        assertThat(Shell.need("getfacl", "-cn", directory.resolve("d").resolve("e").toString())).contains("default:user:1000:rwx",
                "default:other::---");
        assertThat(nfs.attributes(nfs.lookup(dir, "e").object()).mode()).isEqualTo(0750);
    }
}
