// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfs3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.dcache.oncrpc4j.rdma.nfs3.NfsStat3.NFS3ERR_ACCES;
import static org.dcache.oncrpc4j.rdma.nfs3.NfsStat3.NFS3ERR_NOTEMPTY;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.dcache.oncrpc4j.rdma.nfs3.args.Access3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Commit3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Create3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Link3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Mkdir3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Mknod3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Read3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Readdir3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Readdirplus3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Rename3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Setattr3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Symlink3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Write3Args;
import org.dcache.oncrpc4j.rdma.nfs3.mount.ExportNode;
import org.dcache.oncrpc4j.rdma.nfs3.mount.Mount3Res;
import org.dcache.oncrpc4j.rdma.nfs3.mount.MountBody;
import org.dcache.oncrpc4j.rdma.nfs3.mount.MountStat3;
import org.dcache.oncrpc4j.rdma.nfs3.results.Access3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Commit3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Create3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Fsinfo3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Fsstat3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Getattr3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Link3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Lookup3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Pathconf3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Read3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Readdir3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Readlink3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Rename3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Wcc3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Write3Res;
import org.dcache.oncrpc4j.xdr.Xdr;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What was encoded is decoded to the same. */
class RoundTripTest {

    private static final FileHandle HANDLE = new FileHandle(new byte[] {1, 2, 3, 4, 5});
    private static final NfsText NAME = NfsText.of("f\u00e4ile");
    private static final DirOpArgs3 WHERE = new DirOpArgs3(HANDLE, NAME);
    private static final NfsTime3 TIME = new NfsTime3(-2, 999_999_999);
    private static final Fattr3 ATTRIBUTES = new Fattr3(FileType3.NF3FIFO, 0644, 2, -2, 7, 1L << 40, 4096, new SpecData3(8, 1), 9, -1, TIME,
            new NfsTime3(1, 2), new NfsTime3(3, 4));
    private static final WccData WCC = new WccData(ATTRIBUTES.wcc(), ATTRIBUTES);
    private static final Sattr3 SATTR = new Sattr3(0755, 1, 2, 3L, SetTime3.SET_TO_SERVER_TIME, SetTime3.to(TIME));

    private static Arguments of(XdrValue value, Decoded.Reader<? extends XdrValue> reader) {
        return Arguments.of(value, reader);
    }

    static Stream<Arguments> values() {
        return Stream.of(
                of(HANDLE, FileHandle::decode),
                of(new Setattr3Args(HANDLE, SATTR, TIME), Setattr3Args::decode),
                of(new Setattr3Args(HANDLE, Sattr3.NONE, null), Setattr3Args::decode),
                of(WHERE, DirOpArgs3::decode),
                of(new Access3Args(HANDLE, 0x3f), Access3Args::decode),
                of(new Read3Args(HANDLE, -1, 1 << 20), Read3Args::decode),
                of(Create3Args.of(WHERE, CreateMode3.GUARDED, SATTR), Create3Args::decode),
                of(Create3Args.exclusive(WHERE, Long.MIN_VALUE), Create3Args::decode),
                of(new Mkdir3Args(WHERE, SATTR), Mkdir3Args::decode),
                of(new Symlink3Args(WHERE, SATTR, NfsText.of("../x")), Symlink3Args::decode),
                of(new Mknod3Args(WHERE, FileType3.NF3CHR, SATTR, new SpecData3(1, 3)), Mknod3Args::decode),
                of(new Mknod3Args(WHERE, FileType3.NF3SOCK, SATTR, null), Mknod3Args::decode),
                of(new Mknod3Args(WHERE, FileType3.NF3REG, null, null), Mknod3Args::decode),
                of(new Rename3Args(WHERE, new DirOpArgs3(HANDLE, NfsText.of("b"))), Rename3Args::decode),
                of(new Link3Args(HANDLE, WHERE), Link3Args::decode),
                of(new Readdir3Args(HANDLE, 3, 4, 5), Readdir3Args::decode),
                of(new Readdirplus3Args(HANDLE, 3, 4, 5, 6), Readdirplus3Args::decode),
                of(new Commit3Args(HANDLE, 3, 4), Commit3Args::decode),
                of(new Getattr3Res(NfsStat3.NFS3_OK, ATTRIBUTES), Getattr3Res::decode),
                of(Getattr3Res.failed(NfsStat3.NFS3ERR_STALE), Getattr3Res::decode),
                of(new Wcc3Res(NfsStat3.NFS3_OK, WCC), Wcc3Res::decode),
                of(new Wcc3Res(NFS3ERR_NOTEMPTY, WCC), Wcc3Res::decode),
                of(new Lookup3Res(NfsStat3.NFS3_OK, HANDLE, ATTRIBUTES, null), Lookup3Res::decode),
                of(Lookup3Res.failed(NFS3ERR_ACCES, ATTRIBUTES), Lookup3Res::decode),
                of(new Access3Res(NfsStat3.NFS3_OK, null, 1), Access3Res::decode),
                of(Access3Res.failed(NFS3ERR_ACCES, ATTRIBUTES), Access3Res::decode),
                of(new Readlink3Res(NfsStat3.NFS3_OK, ATTRIBUTES, NAME), Readlink3Res::decode),
                of(Readlink3Res.failed(NFS3ERR_ACCES, null), Readlink3Res::decode),
                of(Read3Res.failed(NFS3ERR_ACCES, ATTRIBUTES), Read3Res::decode),
                of(new Write3Res(NfsStat3.NFS3_OK, WCC, 5, Nfs3.FILE_SYNC, -3), Write3Res::decode),
                of(Write3Res.failed(NFS3ERR_ACCES, WccData.NONE), Write3Res::decode),
                of(new Create3Res(NfsStat3.NFS3_OK, HANDLE, ATTRIBUTES, WCC), Create3Res::decode),
                of(new Create3Res(NfsStat3.NFS3_OK, null, null, WccData.NONE), Create3Res::decode),
                of(Create3Res.failed(NFS3ERR_ACCES, WCC), Create3Res::decode),
                of(new Rename3Res(NfsStat3.NFS3_OK, WCC, WccData.NONE), Rename3Res::decode),
                of(new Link3Res(NFS3ERR_ACCES, ATTRIBUTES, WCC), Link3Res::decode),
                of(Readdir3Res.ok(ATTRIBUTES, 7, List.of(new Entry3(1, NAME, 2), new Entry3(3, NAME, 4)), true), Readdir3Res::decode),
                of(Readdir3Res.failed(NfsStat3.NFS3ERR_BAD_COOKIE, null), Readdir3Res::decode),
                of(Readdir3Res.ok(null, 7, List.of(new EntryPlus3(1, NAME, 2, ATTRIBUTES, HANDLE), new EntryPlus3(1, NAME, 2, null, null)),
                false),
                        Readdir3Res::decodePlus),
                of(new Fsstat3Res(NfsStat3.NFS3_OK, ATTRIBUTES, 1, 2, 3, 4, 5, 6, 7), Fsstat3Res::decode),
                of(new Fsinfo3Res(NfsStat3.NFS3_OK, null, 1, 2, 3, 4, 5, 6, 7, Long.MAX_VALUE, TIME, 0x1b), Fsinfo3Res::decode),
                of(new Pathconf3Res(NfsStat3.NFS3_OK, ATTRIBUTES, 1, 255, true, true, false, true), Pathconf3Res::decode),
                of(new Commit3Res(NfsStat3.NFS3_OK, WCC, 12), Commit3Res::decode),
                of(Mount3Res.ok(HANDLE, List.of(1, 0)), Mount3Res::decode),
                of(Mount3Res.failed(MountStat3.MNT3ERR_ACCES), Mount3Res::decode),
                of(new ExportNode.Exports(List.of(new ExportNode(NAME, List.of(NAME, NAME)), new ExportNode(NAME, List.of()))),
                MountLists::exports),
                of(new MountBody.Mounts(List.of(new MountBody(NAME, NAME))), MountLists::mounts));
    }

    @ParameterizedTest
    @MethodSource("values")
    void decodedAsEncoded(XdrValue value, Decoded.Reader<? extends XdrValue> reader) throws IOException {
        assertThat(Procedures.decode(reader, encoded(value))).isEqualTo(value);
    }

    @ParameterizedTest
    @MethodSource("values")
    @DisplayName("a message that ends early is refused as such")
    void cutShort(XdrValue value, Decoded.Reader<? extends XdrValue> reader) throws IOException {
        byte[] whole = encoded(value).getBytes();
        for (int length = 0; length < whole.length; length += 4) {
            Xdr xdr = new Xdr(Arrays.copyOf(whole, length));
            try {
                Procedures.decode(reader, xdr);
            } catch (IOException e) {
                continue;
            }
            throw new AssertionError("decoded from " + length + " of " + whole.length + " bytes: " + value);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4, 1000, 1 << 20})
    @DisplayName("data is the same whichever way it is given")
    void data(int length) throws IOException {
        byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        for (BulkData data : List.of(BulkData.copied(ByteBuffer.wrap(bytes)), BulkData.shared(ByteBuffer.wrap(bytes)))) {
            assertThat(data.length()).isEqualTo(length);
            Xdr call = encoded(new Write3Args(HANDLE, 5, length, Nfs3.UNSTABLE, data));
            Write3Args write = (Write3Args) Procedures.decode(Write3Args::decode, call);
            assertThat(write.data().toArray()).isEqualTo(bytes);
            Read3Res read = (Read3Res) Procedures.decode(Read3Res::decode,
                    encoded(new Read3Res(NfsStat3.NFS3_OK, ATTRIBUTES, length, true, BulkData.copied(ByteBuffer.wrap(bytes)))));
            assertThat(read.data().toArray()).isEqualTo(bytes);
            assertThat(read.attributes()).isEqualTo(ATTRIBUTES);
            assertThat(read.eof()).isTrue();
            call.close();
        }
    }

    @Test
    void timesBeyondTheRangeAreTheNearestThatCanBeTold() {
        assertThat(NfsTime3.of(Instant.ofEpochSecond(-5))).isEqualTo(new NfsTime3(0, 0));
        assertThat(NfsTime3.of(Instant.ofEpochSecond(1L << 33))).isEqualTo(new NfsTime3(-1, 999_999_999));
        Instant late = Instant.ofEpochSecond((1L << 32) - 2, 17);
        assertThat(NfsTime3.of(late).toInstant()).isEqualTo(late);
    }

    private static Xdr encoded(XdrValue value) throws IOException {
        Xdr xdr = new Xdr(64);
        xdr.beginEncoding();
        value.xdrEncode(xdr);
        xdr.endEncoding();
        return xdr;
    }
}
