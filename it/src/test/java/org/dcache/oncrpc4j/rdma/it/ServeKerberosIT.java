// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import org.dcache.oncrpc4j.rdma.gss.GssClient;
import org.dcache.oncrpc4j.rdma.gss.GssService;
import org.dcache.oncrpc4j.rdma.gss.GssSession;
import org.dcache.oncrpc4j.rdma.gss.Kdc;
import org.dcache.oncrpc4j.rdma.gss.TcpWire;
import org.dcache.oncrpc4j.rdma.gss.TransportWire;
import org.dcache.oncrpc4j.rdma.gss.Wire;
import org.dcache.oncrpc4j.rdma.it.rpc.OverRdma;
import org.dcache.oncrpc4j.rdma.nfs3.BulkData;
import org.dcache.oncrpc4j.rdma.nfs3.CreateMode3;
import org.dcache.oncrpc4j.rdma.nfs3.Decoded;
import org.dcache.oncrpc4j.rdma.nfs3.DirOpArgs3;
import org.dcache.oncrpc4j.rdma.nfs3.FileHandle;
import org.dcache.oncrpc4j.rdma.nfs3.Mount3;
import org.dcache.oncrpc4j.rdma.nfs3.Nfs3;
import org.dcache.oncrpc4j.rdma.nfs3.NfsText;
import org.dcache.oncrpc4j.rdma.nfs3.Sattr3;
import org.dcache.oncrpc4j.rdma.nfs3.args.Create3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Read3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Write3Args;
import org.dcache.oncrpc4j.rdma.nfs3.mount.Mount3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Create3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Read3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Write3Res;
import org.dcache.oncrpc4j.rpc.OncRpcClient;
import org.dcache.oncrpc4j.rpc.RpcTransport;
import org.dcache.oncrpc4j.rpc.net.IpProtocolType;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** {@code rpcrdma serve --krb5}, over RDMA and over TCP, with a ticket of the test's own key distribution centre. */
@OverRdma
@Timeout(value = 240, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ServeKerberosIT {

    private static final int UID = 1001;
    private static final int GID = 1002;
    private static final int ANONYMOUS = 65534;

    private static FileHandle root(Kdc kdc, Wire wire) throws Exception {
        GssClient mount = new GssClient(kdc, wire, Mount3.PROGRAM, Mount3.VERSION);
        Mount3Res mounted = mount.call(Mount3.MNT, GssService.INTEGRITY, NfsText.of("/"), new Decoded<>(Mount3Res::decode)).value();
        assertThat(mounted.flavors()).containsExactly(390005, 390003);
        return mounted.handle();
    }

    private static Create3Res create(GssClient nfs, FileHandle dir, String name) throws Exception {
        Create3Args create = Create3Args.of(new DirOpArgs3(dir, NfsText.of(name)), CreateMode3.GUARDED, Sattr3.ofMode(0644));
        return nfs.call(Nfs3.CREATE, GssService.PRIVACY, create, new Decoded<>(Create3Res::decode)).value();
    }

    @Test
    @Tag("conformance-112")
    void aUserWithATicketReadsOverOneTransportWhatHeWroteOverTheOther() throws Exception {
        Kdc kdc = Kdc.shared();
        try (Served served = Served.start("--memory", "--krb5", kdc.serviceKeytab().toString(), "--principal", Kdc.SERVICE, "--user",
                Kdc.USER + "=" + UID + ":" + GID, "--sec", "krb5p:krb5");
                OncRpcClient client = new OncRpcClient(InetAddress.getLoopbackAddress(), IpProtocolType.TCP, served.rdmaPort());
                TcpWire tcp = new TcpWire(new InetSocketAddress(InetAddress.getLoopbackAddress(), served.tcpPort()))) {
            assertThat(served.greeting()).anyMatch(line -> line.contains("proto=rdma") && line.contains("sec=krb5p"))
                    .anyMatch(line -> line.contains(Kdc.SERVICE) && line.contains("1 users are known"));
            RpcTransport transport = client.connect();
            assertThat(transport.toString()).startsWith("rdma ");
            Wire rdma = new TransportWire(transport);
            FileHandle root = root(kdc, rdma);
            GssClient overRdma = new GssClient(kdc, rdma, Nfs3.PROGRAM, Nfs3.VERSION);
            Create3Res created = create(overRdma, root, "file");
            assertThat(created.attributes().uid()).isEqualTo(UID);
            assertThat(created.attributes().gid()).isEqualTo(GID);
            byte[] data = new byte[300_001];
            data[300_000] = 7;
            Write3Args write = new Write3Args(created.object(), 0, data.length, Nfs3.FILE_SYNC, BulkData.copied(ByteBuffer.wrap(data)));
            assertThat(overRdma.call(Nfs3.WRITE, GssService.PRIVACY, write, new Decoded<>(Write3Res::decode)).value().count())
                    .isEqualTo(data.length);
            // The same context, over the other transport.
            for (Wire wire : new Wire[] {tcp, rdma}) {
                GssClient same = overRdma.over(wire);
                for (GssService service : new GssService[] {GssService.NONE, GssService.PRIVACY}) {
                    Read3Res read = same.call(Nfs3.READ, service, new Read3Args(created.object(), 0, 1 << 20),
                            new Decoded<>(Read3Res::decode)).value();
                    assertThat(read.data().toArray()).isEqualTo(data);
                }
            }
            GssSession session = overRdma.session();
            // A flavor that was not asked for: AUTH_ERROR, AUTH_TOOWEAK.
            byte[] reply = tcp.exchange(session.request(Nfs3.READ, GssService.INTEGRITY, new byte[4]).message());
            assertThat(ByteBuffer.wrap(reply).getInt(16)).isEqualTo(5);
        }
    }

    @Test
    void whoIsNotMappedIsTheAnonymousUser() throws Exception {
        Kdc kdc = Kdc.shared();
        try (Served served = Served.start("--memory", "--krb5", kdc.serviceKeytab().toString(), "--principal", Kdc.SERVICE, "--sec",
                "krb5p:krb5");
                OncRpcClient client = new OncRpcClient(InetAddress.getLoopbackAddress(), IpProtocolType.TCP, served.rdmaPort())) {
            Wire rdma = new TransportWire(client.connect());
            Create3Res created = create(new GssClient(kdc, rdma, Nfs3.PROGRAM, Nfs3.VERSION), root(kdc, rdma), "file");
            assertThat(created.attributes().uid()).isEqualTo(ANONYMOUS);
        }
    }

    @Test
    void aKeyOfSomebodyElseIsToldInOneLine() throws Exception {
        String keytab = Kdc.shared().serviceKeytab().toString();
        String other = "nfs/elsewhere@" + Kdc.REALM;
        Tool.Result result = Tool.run("serve", "--memory", "--krb5", keytab, "--principal", other);
        assertThat(result.output().lines()).containsExactly("rpcrdma serve: no key of " + other + " in the keytab " + keytab);
        assertThat(result.status()).isOne();
    }
}
