// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import org.dcache.oncrpc4j.rdma.export.tree.memory.MemoryTree;
import org.dcache.oncrpc4j.rdma.nfs3.DirOpArgs3;
import org.dcache.oncrpc4j.rdma.nfs3.FileHandle;
import org.dcache.oncrpc4j.rdma.nfs3.Mount3;
import org.dcache.oncrpc4j.rdma.nfs3.MountLists;
import org.dcache.oncrpc4j.rdma.nfs3.Nfs3;
import org.dcache.oncrpc4j.rdma.nfs3.NfsStat3;
import org.dcache.oncrpc4j.rdma.nfs3.NfsText;
import org.dcache.oncrpc4j.rdma.nfs3.args.Readdirplus3Args;
import org.dcache.oncrpc4j.rdma.nfs3.mount.ExportNode;
import org.dcache.oncrpc4j.rdma.nfs3.mount.Mount3Res;
import org.dcache.oncrpc4j.rdma.nfs3.mount.MountBody;
import org.dcache.oncrpc4j.rdma.nfs3.mount.MountStat3;
import org.dcache.oncrpc4j.rdma.nfs3.results.Read3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Readdir3Res;
import org.dcache.oncrpc4j.rpc.OncRpcAcceptedException;
import org.dcache.oncrpc4j.rpc.RpcAccepsStatus;
import org.dcache.oncrpc4j.xdr.Xdr;
import org.dcache.oncrpc4j.xdr.XdrInt;
import org.dcache.oncrpc4j.xdr.XdrVoid;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the programs do with calls as such: duplicates, garbage, unknown procedures, MOUNT, memory. */
class ProgramTest {

    private Mounted nfs;

    @BeforeEach
    void start() throws IOException {
        nfs = Mounted.asRoot(new MemoryTree(16 << 20));
    }

    @AfterEach
    void stop() throws IOException {
        nfs.close();
    }

    @Test
    void aRemoveThatIsSentAgainOnAnotherConnectionSucceedsAgainAndIsDoneOnce() throws IOException {
        nfs.create(nfs.root, "f");
        byte[] call = removal(7, nfs.root);
        byte[] first = exchange(call);
        nfs.create(nfs.root, "f");
        byte[] second = exchange(call);
        assertThat(second).isEqualTo(first);
        assertThat(ByteBuffer.wrap(first).getInt(24)).isEqualTo(NfsStat3.NFS3_OK.number());
        assertThat(nfs.lookup(nfs.root, "f").status()).as("what was made since").isEqualTo(NfsStat3.NFS3_OK);
        assertThat(nfs.export.counters().get(ExportCounter.DUPLICATE_REQUEST)).isOne();
        exchange(removal(8, nfs.root));
        assertThat(nfs.lookup(nfs.root, "f").status()).isEqualTo(NfsStat3.NFS3ERR_NOENT);
    }

    /** REMOVE of f as it goes over the wire, by root. */
    private static byte[] removal(int xid, FileHandle dir) throws IOException {
        Xdr xdr = new Xdr(256);
        xdr.beginEncoding();
        for (int word : new int[] {xid, 0, 2, Nfs3.PROGRAM, Nfs3.VERSION, Nfs3.REMOVE, 1, 20, 0, 0, 0, 0, 0, 0, 0}) {
            xdr.xdrEncodeInt(word);
        }
        new DirOpArgs3(dir, NfsText.of("f")).xdrEncode(xdr);
        xdr.endEncoding();
        return xdr.getBytes();
    }

    /** One call, one reply, one connection. */
    private byte[] exchange(byte[] call) throws IOException {
        try (Socket socket = new Socket("127.0.0.1", nfs.server.port())) {
            socket.getOutputStream().write(ByteBuffer.allocate(4 + call.length).putInt(call.length | 0x80000000).put(call).array());
            int length = ByteBuffer.wrap(socket.getInputStream().readNBytes(4)).getInt() & 0x7fffffff;
            return socket.getInputStream().readNBytes(length);
        }
    }

    @Test
    void unknownProceduresAndGarbageAreAnsweredAsSuch() {
        for (int procedure : new int[] {22, 1000, -1, Integer.MIN_VALUE}) {
            assertThatThrownBy(() -> nfs.nfs(procedure, XdrVoid.XDR_VOID, Read3Res::decode)).isInstanceOf(OncRpcAcceptedException.class)
                    .hasMessage(RpcAccepsStatus.toString(RpcAccepsStatus.PROC_UNAVAIL));
        }
        for (int procedure = Nfs3.GETATTR; procedure <= Nfs3.COMMIT; procedure++) {
            int number = procedure;
            assertThatThrownBy(() -> nfs.nfs(number, new XdrInt(65), Read3Res::decode)).as("procedure %d", number)
                    .isInstanceOf(OncRpcAcceptedException.class).hasMessage(RpcAccepsStatus.toString(RpcAccepsStatus.GARBAGE_ARGS));
        }
        assertThat(nfs.export.counters().get(ExportCounter.GARBAGE_ARGUMENTS)).isEqualTo(Nfs3.COMMIT);
        assertThat(nfs.export.counters().get(ExportCounter.UNKNOWN_PROCEDURE)).isEqualTo(4);
    }

    @Test
    @DisplayName("MOUNT gives out the export and directories in it, nothing else, and lists both")
    void mount() throws IOException {
        FileHandle dir = nfs.mkdir(nfs.mkdir(nfs.root, "a"), "b");
        nfs.create(nfs.root, "f");
        Mount3Res mounted = nfs.mount("/a//b/");
        assertThat(mounted.handle()).isEqualTo(dir);
        assertThat(mounted.flavors()).containsExactly(1);
        assertThat(nfs.mount("/f").status()).isEqualTo(MountStat3.MNT3ERR_NOTDIR);
        assertThat(nfs.mount("/x").status()).isEqualTo(MountStat3.MNT3ERR_NOENT);
        assertThat(nfs.mount("/a/..").status()).isEqualTo(MountStat3.MNT3ERR_ACCES);
        assertThat(nfs.mount("a").status()).isEqualTo(MountStat3.MNT3ERR_ACCES);
        for (String path : new String[] {"", "//", "/./", "/."}) {
            assertThat(nfs.mount(path).handle()).as(path).isEqualTo(nfs.root);
        }
        assertThat(nfs.mount("/" + "x".repeat(300)).status()).isEqualTo(MountStat3.MNT3ERR_NAMETOOLONG);
        ExportNode.Exports exports = nfs.call(Mount3.PROGRAM, Mount3.VERSION, Mount3.EXPORT, XdrVoid.XDR_VOID, MountLists::exports);
        assertThat(exports.nodes()).extracting(ExportNode::dir).containsExactly(NfsText.of("/"));
        assertThat(mounts()).extracting(m -> m.directory().toString()).containsExactly("/", "/a//b/", "", "//", "/./", "/.");
        nfs.call(Mount3.PROGRAM, Mount3.VERSION, Mount3.UMNTALL, XdrVoid.XDR_VOID, xdr -> null);
        assertThat(mounts()).isEmpty();
    }

    private List<MountBody> mounts() throws IOException {
        return nfs.call(Mount3.PROGRAM, Mount3.VERSION, Mount3.DUMP, XdrVoid.XDR_VOID, MountLists::mounts).bodies();
    }

    @Test
    void aReadOrListingBeyondTheMemoryForRepliesIsPutOffAndWorksLater() throws IOException {
        ExportOptions options = new ExportOptions(false, Squash.ROOT, ExportOptions.NOBODY, ExportOptions.NOBODY, 64 << 10,
                List.of(SecurityFlavor.SYS));
        try (Mounted small = new Mounted(new MemoryTree(16 << 20), options)) {
            FileHandle file = small.create(small.root, "f");
            byte[] data = new byte[100_000];
            Arrays.fill(data, (byte) 5);
            small.write(file, 0, data, Nfs3.UNSTABLE);
            assertThat(small.read(file, 0, 100_000).status()).isEqualTo(NfsStat3.NFS3ERR_JUKEBOX);
            for (int i = 0; i < 100; i++) {
                assertThat(small.read(file, i, 60_000).data().toArray()).containsOnly(5).hasSize(60_000);
                small.awaitReplyMemory();
            }
            assertThat(small.export.counters().get(ExportCounter.READ_WITHOUT_MEMORY)).isOne();
            Readdirplus3Args large = new Readdirplus3Args(small.root, 0, 0, 8192, 100_000);
            assertThat(small.nfs(Nfs3.READDIRPLUS, large, Readdir3Res::decodePlus).status()).isEqualTo(NfsStat3.NFS3ERR_JUKEBOX);
            for (int i = 0; i < 100; i++) {
                assertThat(Pages.names(small, small.root, 60_000, () -> {})).contains(NfsText.of("f"));
                small.awaitReplyMemory();
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 4})
    void otherVersionsAreToldWhichThereIs(int version) throws IOException {
        for (int program : new int[] {Nfs3.PROGRAM, Mount3.PROGRAM}) {
            ByteBuffer call = ByteBuffer.allocate(40).putInt(7).putInt(0).putInt(2).putInt(program).putInt(version).putInt(0);
            ByteBuffer reply = ByteBuffer.wrap(exchange(call.array())).position(20);
            int[] answer = {reply.getInt(), reply.getInt(), reply.getInt()};
            assertThat(answer).containsExactly(RpcAccepsStatus.PROG_MISMATCH, 3, 3);
        }
    }

    @Test
    void nullIsAnswered() throws IOException {
        nfs.nfs(Nfs3.NULL, XdrVoid.XDR_VOID, xdr -> null);
        nfs.call(Mount3.PROGRAM, Mount3.VERSION, Mount3.NULL, XdrVoid.XDR_VOID, xdr -> null);
    }
}
