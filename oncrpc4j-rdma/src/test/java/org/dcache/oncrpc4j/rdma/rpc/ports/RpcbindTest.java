// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc.ports;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.dcache.oncrpc4j.portmap.OncRpcPortmap;
import org.dcache.oncrpc4j.portmap.rpcb;
import org.dcache.oncrpc4j.rpc.OncRpcProgram;
import org.dcache.oncrpc4j.rpc.OncRpcSvc;
import org.dcache.oncrpc4j.rpc.OncRpcSvcBuilder;
import org.dcache.oncrpc4j.rpc.RpcCall;
import org.dcache.oncrpc4j.rpc.net.IpProtocolType;
import org.dcache.oncrpc4j.xdr.XdrBoolean;
import org.dcache.oncrpc4j.xdr.XdrVoid;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Against an rpcbind that writes down what it is told. */
class RpcbindTest {

    private static final OncRpcProgram NFS = new OncRpcProgram(100003, 4);

    private final List<String> told = new CopyOnWriteArrayList<>();
    private OncRpcSvc service;

    private Rpcbind rpcbind(int version) throws IOException {
        service = new OncRpcSvcBuilder().withUDP().withoutAutoPublish().withServiceName("rpcbind").withSameThreadIoStrategy()
                .withBindAddress("127.0.0.1")
                .withRpcService(new OncRpcProgram(OncRpcPortmap.PORTMAP_PROGRAMM, version), this::answer).build();
        service.start();
        return new Rpcbind(service.getInetSocketAddress(IpProtocolType.UDP).getPort());
    }

    @AfterEach
    void stop() throws IOException {
        service.stop();
    }

    private void answer(RpcCall call) throws IOException {
        if (call.getProcedure() == OncRpcPortmap.PMAPPROC_NULL) {
            call.reply(XdrVoid.XDR_VOID);
            return;
        }
        rpcb entry = new rpcb();
        call.retrieveCall(entry);
        told.add(call.getProcedure() + " " + entry.getProg() + "." + entry.getVers() + " " + entry.getNetid() + " " + entry.getAddr());
        call.reply(XdrBoolean.True);
    }

    @Test
    @Tag("conformance-40")
    @Tag("conformance-63")
    void eachProgramIsEnteredUnderEachAddress() throws IOException {
        rpcbind(OncRpcPortmap.PORTMAP_V4).publish(List.of(NFS, new OncRpcProgram(100003, 3)),
                List.of(new InetSocketAddress("192.0.2.1", 20049), new InetSocketAddress("2001:db8::1", 20049)));
        assertThat(told).containsExactly("1 100003.4 rdma 192.0.2.1.78.81", "1 100003.4 rdma6 2001:db8:0:0:0:0:0:1.78.81",
                "1 100003.3 rdma 192.0.2.1.78.81", "1 100003.3 rdma6 2001:db8:0:0:0:0:0:1.78.81");
    }

    @Test
    void clearingTakesAllEntriesOfAProgram() throws IOException {
        rpcbind(OncRpcPortmap.PORTMAP_V4).clear(List.of(NFS));
        assertThat(told).containsExactly("2 100003.4  ");
    }

    @Test
    void aPortmapperThatCannotHoldSuchEntriesIsLeftAlone() throws IOException {
        rpcbind(OncRpcPortmap.PORTMAP_V2).publish(List.of(NFS), List.of(new InetSocketAddress("192.0.2.1", 20049)));
        assertThat(told).isEmpty();
    }
}
