// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfsclient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.dcache.oncrpc4j.rdma.nfsclient.Samples.DIR;
import static org.dcache.oncrpc4j.rdma.nfsclient.Samples.FILE;
import static org.dcache.oncrpc4j.rdma.nfsclient.Samples.NAME;
import static org.dcache.oncrpc4j.rdma.nfsclient.Samples.attributes;

import java.io.IOException;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.dcache.oncrpc4j.rdma.nfs3.DirOpArgs3;
import org.dcache.oncrpc4j.rdma.nfs3.FileHandle;
import org.dcache.oncrpc4j.rdma.nfs3.FileType3;
import org.dcache.oncrpc4j.rdma.nfs3.Nfs3;
import org.dcache.oncrpc4j.rdma.nfs3.NfsStat3;
import org.dcache.oncrpc4j.rdma.nfs3.NfsText;
import org.dcache.oncrpc4j.rdma.nfs3.Sattr3;
import org.dcache.oncrpc4j.rdma.nfs3.WccData;
import org.dcache.oncrpc4j.rdma.nfs3.args.Create3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Link3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Mkdir3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Rename3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Symlink3Args;
import org.dcache.oncrpc4j.rdma.nfs3.results.Create3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Getattr3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Link3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Lookup3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Readlink3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Rename3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Wcc3Res;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Procedures that cannot be executed twice, when the reply to the first attempt was lost. The server keeps a set of names, as a directory
 * does.
 */
@Timeout(60)
class LostReplyTest {

    private static final NfsText OTHER = NfsText.of("other");

    private final Set<NfsText> names = ConcurrentHashMap.newKeySet();
    private ScriptedServer server;
    private Nfs3Client client;

    @BeforeEach
    void start() throws IOException {
        server = new ScriptedServer(0);
        client = server.client();
        server.on(Nfs3.REMOVE, DirOpArgs3::decode, a -> wcc(names.remove(a.name())))
                .on(Nfs3.RMDIR, DirOpArgs3::decode, a -> wcc(names.remove(a.name())))
                .on(Nfs3.RENAME, Rename3Args::decode, a -> names.remove(a.from().name()) && (names.add(a.to().name()) || true)
                        ? new Rename3Res(NfsStat3.NFS3_OK, WccData.NONE, WccData.NONE)
                        : new Rename3Res(NfsStat3.NFS3ERR_NOENT, WccData.NONE, WccData.NONE))
                .on(Nfs3.MKDIR, Mkdir3Args::decode, a -> made(a.where()))
                .on(Nfs3.CREATE, Create3Args::decode, a -> made(a.where()))
                .on(Nfs3.SYMLINK, Symlink3Args::decode, a -> made(a.where()))
                .on(Nfs3.LINK, Link3Args::decode, a -> names.add(a.link().name())
                        ? new Link3Res(NfsStat3.NFS3_OK, null, WccData.NONE) : new Link3Res(NfsStat3.NFS3ERR_EXIST, null, WccData.NONE))
                .on(Nfs3.GETATTR, FileHandle::decode, a -> new Getattr3Res(NfsStat3.NFS3_OK, attributes(FileType3.NF3REG, 0, 7)))
                .on(Nfs3.READLINK, FileHandle::decode, a -> new Readlink3Res(NfsStat3.NFS3_OK, null, OTHER));
        existing(FileType3.NF3REG, 0, 7);
    }

    @AfterEach
    void stop() throws IOException {
        client.close();
        server.close();
    }

    /** What LOOKUP finds, if the name is there. */
    private void existing(FileType3 type, long size, long fileid) {
        server.on(Nfs3.LOOKUP, DirOpArgs3::decode, a -> names.contains(a.name())
                ? new Lookup3Res(NfsStat3.NFS3_OK, FILE, attributes(type, size, fileid), null)
                : Lookup3Res.failed(NfsStat3.NFS3ERR_NOENT, null));
    }

    private static Wcc3Res wcc(boolean done) {
        return done ? new Wcc3Res(NfsStat3.NFS3_OK, WccData.NONE) : new Wcc3Res(NfsStat3.NFS3ERR_NOENT, WccData.NONE);
    }

    private Create3Res made(DirOpArgs3 where) {
        return names.add(where.name()) ? new Create3Res(NfsStat3.NFS3_OK, FILE, null, WccData.NONE)
                : Create3Res.failed(NfsStat3.NFS3ERR_EXIST, WccData.NONE);
    }

    private interface Operation {
        void run() throws IOException;
    }

    /** Succeeds when its reply is lost, and fails when the answer comes at the first attempt. */
    private void succeedsAfterALossOnly(NfsStat3 error, Operation operation) throws IOException {
        server.lose(1);
        operation.run();
        assertThat(client.repeats()).isEqualTo(1);
        assertThatThrownBy(operation::run).isInstanceOfSatisfying(NfsException.class, e -> assertThat(e.status()).isEqualTo(error));
        assertThat(client.connects()).isEqualTo(2);
    }

    @Test
    void remove() throws IOException {
        names.add(NAME);
        succeedsAfterALossOnly(NfsStat3.NFS3ERR_NOENT, () -> client.remove(DIR, NAME));
    }

    @Test
    void rmdir() throws IOException {
        names.add(NAME);
        succeedsAfterALossOnly(NfsStat3.NFS3ERR_NOENT, () -> client.rmdir(DIR, NAME));
    }

    @Test
    void rename() throws IOException {
        names.add(NAME);
        succeedsAfterALossOnly(NfsStat3.NFS3ERR_NOENT, () -> client.rename(DIR, NAME, DIR, OTHER));
        assertThat(names).containsExactly(OTHER);
    }

    @Test
    void renameFailsWhenTheNewNameIsNotThereEither() {
        server.lose(1);
        assertThatThrownBy(() -> client.rename(DIR, NAME, DIR, OTHER)).isInstanceOf(NfsException.class);
    }

    @Test
    void mkdir() throws IOException {
        existing(FileType3.NF3DIR, 4096, 9);
        succeedsAfterALossOnly(NfsStat3.NFS3ERR_EXIST, () -> assertThat(client.mkdir(DIR, NAME, Sattr3.NONE).handle()).isEqualTo(FILE));
    }

    @Test
    void mkdirFailsWhenThereIsAFile() {
        server.lose(1);
        assertThatThrownBy(() -> client.mkdir(DIR, NAME, Sattr3.NONE)).isInstanceOf(NfsException.class).hasMessageContaining("EXIST");
    }

    @Test
    void createGuarded() throws IOException {
        succeedsAfterALossOnly(NfsStat3.NFS3ERR_EXIST, () -> client.createGuarded(DIR, NAME, Sattr3.NONE));
    }

    @Test
    void createGuardedFailsWhenTheFileHasContent() {
        existing(FileType3.NF3REG, 1, 7);
        server.lose(1);
        assertThatThrownBy(() -> client.createGuarded(DIR, NAME, Sattr3.NONE)).isInstanceOf(NfsException.class);
    }

    @Test
    void symlink() throws IOException {
        existing(FileType3.NF3LNK, 5, 7);
        succeedsAfterALossOnly(NfsStat3.NFS3ERR_EXIST, () -> client.symlink(DIR, NAME, Sattr3.NONE, OTHER));
    }

    @Test
    void symlinkFailsWhenItPointsElsewhere() {
        existing(FileType3.NF3LNK, 5, 7);
        server.lose(1);
        assertThatThrownBy(() -> client.symlink(DIR, NAME, Sattr3.NONE, NAME)).isInstanceOf(NfsException.class);
    }

    @Test
    void link() throws IOException {
        succeedsAfterALossOnly(NfsStat3.NFS3ERR_EXIST, () -> client.link(FILE, DIR, NAME));
    }

    @Test
    void linkFailsWhenItIsAnotherFile() {
        existing(FileType3.NF3REG, 0, 8);
        server.lose(1);
        assertThatThrownBy(() -> client.link(FILE, DIR, NAME)).isInstanceOf(NfsException.class);
    }

    @Test
    void callsThatMayBeExecutedTwiceAre() throws IOException {
        server.lose(3);
        assertThat(client.getattr(FILE).fileid()).isEqualTo(7);
        assertThat(server.called()).containsExactly(Nfs3.GETATTR, Nfs3.GETATTR, Nfs3.GETATTR, Nfs3.GETATTR);
        assertThat(client.repeats()).isEqualTo(3);
    }
}
