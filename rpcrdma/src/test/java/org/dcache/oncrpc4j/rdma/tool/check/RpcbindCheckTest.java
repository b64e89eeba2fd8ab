// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.check;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.List;
import java.util.Map;
import org.dcache.oncrpc4j.portmap.OncRpcPortmap;
import org.dcache.oncrpc4j.portmap.mapping;
import org.dcache.oncrpc4j.portmap.rpcb;
import org.dcache.oncrpc4j.rpc.OncRpcProgram;
import org.dcache.oncrpc4j.rpc.OncRpcSvc;
import org.dcache.oncrpc4j.rpc.OncRpcSvcBuilder;
import org.dcache.oncrpc4j.rpc.net.IpProtocolType;
import org.dcache.oncrpc4j.xdr.XdrAble;
import org.dcache.oncrpc4j.xdr.XdrDecodingStream;
import org.dcache.oncrpc4j.xdr.XdrEncodingStream;
import org.junit.jupiter.api.Test;

/** Against an rpcbind that names what a test wants. */
class RpcbindCheckTest {

    private static final ServerCheck.Program NFS3 = ServerCheck.PROGRAMS.get(1);
    private static final ServerCheck.Program NFS4 = ServerCheck.PROGRAMS.get(2);

    private record Answer(List<? extends XdrAble> entries) implements XdrAble {
        @Override
        public void xdrEncode(XdrEncodingStream xdr) throws IOException {
            for (XdrAble entry : entries) {
                xdr.xdrEncodeBoolean(true);
                entry.xdrEncode(xdr);
            }
            xdr.xdrEncodeBoolean(false);
        }

        @Override
        public void xdrDecode(XdrDecodingStream xdr) {
            throw new UnsupportedOperationException();
        }
    }

    private static List<Finding> found(int version, XdrAble... entries) throws IOException {
        OncRpcSvc rpcbind = new OncRpcSvcBuilder().withTCP().withoutAutoPublish().withServiceName("rpcbind").withBindAddress("127.0.0.1")
                .withRpcService(new OncRpcProgram(OncRpcPortmap.PORTMAP_PROGRAMM, version),
                        call -> call.reply(new Answer(List.of(entries))))
                .build();
        rpcbind.start();
        try {
            return new RpcbindCheck(List.of(NFS3, NFS4), 5000).of(rpcbind.getInetSocketAddress(IpProtocolType.TCP));
        } finally {
            rpcbind.stop();
        }
    }

    @Test
    void portsOfAllNetidsAreToldAndWhetherClientsOfRdmaFindTheirs() throws IOException {
        List<Finding> findings = found(OncRpcPortmap.PORTMAP_V4, new rpcb(100003, 3, "tcp", "0.0.0.0.8.1", "nfs"),
                new rpcb(100003, 3, "rdma", "0.0.0.0.78.81", "nfs"), new rpcb(100003, 4, "local", "/run/nfs.sock", "nfs"),
                new rpcb(100005, 3, "tcp", "0.0.0.0.1.1", "nfs"));
        assertThat(findings).extracting(Finding::toString).containsExactly("  ok     rpcbind          NFS 3: rdma 20049, tcp 2049",
                "  note   rpcbind          NFS 4: not named, so clients name the port");
        assertThat(findings.get(0).members()).isEqualTo(Map.of("level", "ok", "subject", "rpcbind", "text", "NFS 3: rdma 20049, tcp 2049",
                "program", "NFS 3", "ports", Map.of("rdma", 20049, "tcp", 2049)));
    }

    @Test
    void rdmaOfTheOtherFamilyOnlyIsANote() throws IOException {
        List<Finding> findings = found(OncRpcPortmap.PORTMAP_V4, new rpcb(100003, 3, "rdma6", "::.78.81", "nfs"));
        assertThat(findings.get(0)).hasToString("  note   rpcbind          NFS 3: rdma6 20049; no rdma, so its clients name the port");
    }

    @Test
    void aPortmapperIsAskedInItsOwnVersion() throws IOException {
        assertThat(found(OncRpcPortmap.PORTMAP_V2, new mapping(100003, 3, IpProtocolType.TCP, 2049),
                new mapping(100003, 3, IpProtocolType.UDP, 2049))).first().satisfies(finding -> assertThat(finding.text())
                        .startsWith("NFS 3: tcp 2049, udp 2049; this is a portmapper"));
    }

    @Test
    void noRpcbindIsANote() throws IOException {
        InetSocketAddress nobody;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            nobody = new InetSocketAddress(InetAddress.getLoopbackAddress(), free.getLocalPort());
        }
        assertThat(new RpcbindCheck(List.of(NFS3), 5000).of(nobody)).singleElement().satisfies(finding -> {
            assertThat(finding.isWrong()).isFalse();
            assertThat(finding.text()).startsWith("not there: ");
        });
    }
}
