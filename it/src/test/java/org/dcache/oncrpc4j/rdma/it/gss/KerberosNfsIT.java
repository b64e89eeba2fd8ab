// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.gss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.security.auth.UnixNumericGroupPrincipal;
import com.sun.security.auth.UnixNumericUserPrincipal;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import javax.security.auth.Subject;
import org.dcache.oncrpc4j.rdma.export.ExportOptions;
import org.dcache.oncrpc4j.rdma.export.NfsExport;
import org.dcache.oncrpc4j.rdma.export.SecurityFlavor;
import org.dcache.oncrpc4j.rdma.export.Squash;
import org.dcache.oncrpc4j.rdma.export.tree.memory.MemoryTree;
import org.dcache.oncrpc4j.rdma.gss.GssClient;
import org.dcache.oncrpc4j.rdma.gss.GssService;
import org.dcache.oncrpc4j.rdma.gss.Kdc;
import org.dcache.oncrpc4j.rdma.gss.TransportWire;
import org.dcache.oncrpc4j.rdma.gss.Wire;
import org.dcache.oncrpc4j.rdma.it.rpc.OverRdma;
import org.dcache.oncrpc4j.rdma.nfs3.BulkData;
import org.dcache.oncrpc4j.rdma.nfs3.CreateMode3;
import org.dcache.oncrpc4j.rdma.nfs3.Decoded;
import org.dcache.oncrpc4j.rdma.nfs3.DirOpArgs3;
import org.dcache.oncrpc4j.rdma.nfs3.EntryPlus3;
import org.dcache.oncrpc4j.rdma.nfs3.FileHandle;
import org.dcache.oncrpc4j.rdma.nfs3.Mount3;
import org.dcache.oncrpc4j.rdma.nfs3.Nfs3;
import org.dcache.oncrpc4j.rdma.nfs3.NfsStat3;
import org.dcache.oncrpc4j.rdma.nfs3.NfsText;
import org.dcache.oncrpc4j.rdma.nfs3.Sattr3;
import org.dcache.oncrpc4j.rdma.nfs3.args.Create3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Read3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Readdirplus3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Write3Args;
import org.dcache.oncrpc4j.rdma.nfs3.mount.Mount3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Create3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Read3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Readdir3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Write3Res;
import org.dcache.oncrpc4j.rdma.tool.counters.JmxCounters;
import org.dcache.oncrpc4j.rpc.OncRpcClient;
import org.dcache.oncrpc4j.rpc.OncRpcProgram;
import org.dcache.oncrpc4j.rpc.OncRpcSvc;
import org.dcache.oncrpc4j.rpc.OncRpcSvcBuilder;
import org.dcache.oncrpc4j.rpc.RpcAuthTypeUnix;
import org.dcache.oncrpc4j.rpc.RpcCall;
import org.dcache.oncrpc4j.rpc.RpcTransport;
import org.dcache.oncrpc4j.rpc.gss.GssSessionManager;
import org.dcache.oncrpc4j.rpc.net.IpProtocolType;
import org.dcache.oncrpc4j.xdr.XdrAble;
import org.dcache.oncrpc4j.xdr.XdrOpaque;
import org.dcache.oncrpc4j.xdr.XdrVoid;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * sec=krb5, krb5i and krb5p with an ordinary oncrpc4j service and the built-in export, in a JVM with the agent: what is asked and answered,
 * as whom, and which way the bytes take.
 */
@OverRdma
@Timeout(value = 240, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class KerberosNfsIT {

    private static final int UID = 1001;
    private static final int GID = 1002;
    private static final OncRpcProgram ECHO = new OncRpcProgram(0x20050, 1);
    /** What fits inline whatever is wrapped around it, and what does not. */
    private static final int[] SMALL = {0, 1, 2, 3, 3000};
    private static final int[] LARGE = {4096, 4097, 65_535, 1_048_575, 1_048_576};

    private final NfsExport export = new NfsExport(new MemoryTree(64 << 20), ExportOptions.DEFAULT.withSquash(Squash.NONE)
            .withFlavors(List.of(SecurityFlavor.KRB5, SecurityFlavor.KRB5I, SecurityFlavor.KRB5P)));
    private OncRpcSvc server;
    private OncRpcClient client;
    private RpcTransport transport;
    private Kdc kdc;
    private Wire wire;
    private GssClient nfs;
    private FileHandle root;

    @BeforeEach
    void start() throws Exception {
        kdc = Kdc.shared();
        GssSessionManager sessions = new GssSessionManager((connection, context) -> new Subject(true,
                Set.of(new UnixNumericUserPrincipal(UID), new UnixNumericGroupPrincipal(GID, true)), Set.of(), Set.of()), Kdc.SERVICE,
                kdc.serviceKeytab().toString());
        OncRpcSvcBuilder builder = new OncRpcSvcBuilder().withTCP().withoutAutoPublish().withBindAddress("127.0.0.1")
                .withWorkerThreadIoStrategy()
                .withServiceName("kerberos").withGssSessionManager(sessions).withRpcService(ECHO, KerberosNfsIT::echo);
        export.programs().forEach(builder::withRpcService);
        server = builder.build();
        server.start();
        client = new OncRpcClient(server.getInetSocketAddress(IpProtocolType.TCP), IpProtocolType.TCP);
        transport = client.connect();
        assertThat(transport.getClass().getName()).isEqualTo("org.dcache.oncrpc4j.rdma.rpc.RdmaRpcTransport");
        wire = new TransportWire(transport);
        Mount3Res mounted = new GssClient(kdc, wire, Mount3.PROGRAM, Mount3.VERSION)
                .call(Mount3.MNT, GssService.PRIVACY, NfsText.of("/"), new Decoded<>(Mount3Res::decode)).value();
        assertThat(mounted.flavors()).containsExactly(390003, 390004, 390005);
        root = mounted.handle();
        nfs = new GssClient(kdc, wire, Nfs3.PROGRAM, Nfs3.VERSION);
    }

    @AfterEach
    void stop() throws IOException {
        client.close();
        server.stop();
        export.close();
    }

    private static void echo(RpcCall call) throws IOException {
        XdrOpaque bytes = new XdrOpaque();
        call.retrieveCall(bytes);
        call.reply(bytes);
    }

    private <T> T nfs(GssService service, int procedure, XdrAble arguments, Decoded.Reader<T> reader) throws Exception {
        return nfs.call(procedure, service, arguments, new Decoded<>(reader)).value();
    }

    private FileHandle create(GssService service, String name) throws Exception {
        Create3Args create = Create3Args.of(new DirOpArgs3(root, NfsText.of(name)), CreateMode3.GUARDED, Sattr3.ofMode(0640));
        Create3Res created = nfs(service, Nfs3.CREATE, create, Create3Res::decode);
        assertThat(created.status()).isEqualTo(NfsStat3.NFS3_OK);
        assertThat(created.attributes().uid()).isEqualTo(UID);
        assertThat(created.attributes().gid()).isEqualTo(GID);
        return created.object();
    }

    private static byte[] bytes(int size) {
        byte[] bytes = new byte[size];
        for (int i = 0; i < size; i++) {
            bytes[i] = (byte) (i * 31 + (i >> 8));
        }
        return bytes;
    }

    /** What the server has done since, of ways to move bytes. */
    private static Map<String, Long> ways(Map<String, Long> before) throws Exception {
        Map<String, Long> ways = new HashMap<>();
        for (String way : List.of("call_inline", "call_read_chunk", "call_long", "reply_inline", "reply_write_chunk", "reply_long")) {
            String counter = "xprt.server_" + way;
            long count = JmxCounters.read().orElseThrow().getOrDefault(counter, 0L) - before.getOrDefault(counter, 0L);
            if (count != 0) {
                ways.put(way, count);
            }
        }
        return ways;
    }

    @ParameterizedTest
    @EnumSource(GssService.class)
    @Tag("conformance-46")
    void filesAreWrittenAndReadAndNothingIsPlacedUnderIntegrityAndPrivacy(GssService service) throws Exception {
        boolean placed = service == GssService.NONE;
        FileHandle file = create(service, "file");
        for (int[] sizes : new int[][] {SMALL, LARGE}) {
            boolean large = sizes == LARGE;
            for (int size : sizes) {
                Map<String, Long> before = JmxCounters.read().orElseThrow();
                Write3Args write = new Write3Args(file, 0, size, Nfs3.FILE_SYNC, BulkData.copied(ByteBuffer.wrap(bytes(size))));
                Write3Res written = nfs(service, Nfs3.WRITE, write, Write3Res::decode);
                assertThat(written.status()).isEqualTo(NfsStat3.NFS3_OK);
                assertThat(written.count()).isEqualTo(size);
                assertThat(ways(before)).as("WRITE of " + size)
                        .isEqualTo(Map.of(!large ? "call_inline" : placed ? "call_read_chunk" : "call_long", 1L, "reply_inline", 1L));
                before = JmxCounters.read().orElseThrow();
                Read3Res read = nfs(service, Nfs3.READ, new Read3Args(file, 0, size), Read3Res::decode);
                assertThat(read.status()).isEqualTo(NfsStat3.NFS3_OK);
                assertThat(read.data().toArray()).isEqualTo(bytes(size));
                assertThat(ways(before)).as("READ of " + size)
                        .isEqualTo(Map.of("call_inline", 1L, !large ? "reply_inline" : placed ? "reply_write_chunk" : "reply_long", 1L));
            }
        }
    }

    @ParameterizedTest
    @EnumSource(GssService.class)
    void directoriesComeByTheReplyChunk(GssService service) throws Exception {
        List<String> names = new ArrayList<>(List.of(".", ".."));
        for (int i = 0; i < 40; i++) {
            names.add("a-name-that-takes-some-room-" + i);
            create(service, names.get(i + 2));
        }
        Map<String, Long> before = JmxCounters.read().orElseThrow();
        Readdir3Res<EntryPlus3> listed = nfs(service, Nfs3.READDIRPLUS, new Readdirplus3Args(root, 0, 0, 32 << 10, 32 << 10),
                Readdir3Res::decodePlus);
        assertThat(ways(before)).isEqualTo(Map.of("call_inline", 1L, "reply_long", 1L));
        assertThat(listed.eof()).isTrue();
        assertThat(listed.entries()).extracting(entry -> entry.name().toString()).containsExactlyInAnyOrderElementsOf(names);
    }

    @ParameterizedTest
    @EnumSource(GssService.class)
    void aProgramOfWhichNothingIsKnownIsCalledByLongMessages(GssService service) throws Exception {
        GssClient echo = new GssClient(kdc, wire, ECHO.getNumber(), ECHO.getVersion());
        for (int size : new int[] {1, 4096, 1 << 20}) {
            assertThat(echo.call(1, service, new XdrOpaque(bytes(size)), new XdrOpaque()).getOpaque()).isEqualTo(bytes(size));
        }
    }

    @Test
    void whoHasNoTicketGetsNothing() throws Exception {
        RpcCall call = new RpcCall(Nfs3.PROGRAM, Nfs3.VERSION, new RpcAuthTypeUnix(UID, GID, new int[0], 0, "somebody"), transport);
        assertThatThrownBy(() -> call.call(Nfs3.GETATTR, root, XdrVoid.XDR_VOID)).hasMessageContaining("AUTH_ERROR");
        call.call(Nfs3.NULL, XdrVoid.XDR_VOID, XdrVoid.XDR_VOID);
    }
}
