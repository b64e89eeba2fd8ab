// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import org.dcache.oncrpc4j.rdma.metrics.Counters;
import org.dcache.oncrpc4j.rdma.proto.RdmaHeader;
import org.dcache.oncrpc4j.rdma.proto.RpcWords;
import org.dcache.oncrpc4j.rdma.rpc.harness.BareClient;
import org.dcache.oncrpc4j.rdma.rpc.harness.EchoProgram;
import org.dcache.oncrpc4j.rdma.rpc.harness.EligibleProgram;
import org.dcache.oncrpc4j.rdma.rpc.harness.LeakLedger;
import org.dcache.oncrpc4j.rdma.spi.RpcEndpoint;
import org.dcache.oncrpc4j.rdma.verbs.Access;
import org.dcache.oncrpc4j.rdma.verbs.Exposure;
import org.dcache.oncrpc4j.rdma.xprt.counters.XprtCounter;
import org.dcache.oncrpc4j.rpc.OncRpcProgram;
import org.dcache.oncrpc4j.rpc.RpcAccepsStatus;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What a server does with Read chunks that move what they may not, from a client on bare verbs. */
class EligibilityTest {

    private static final int RPC_HEADER = 40;
    private static final byte[] DATA = EchoProgram.pattern(1001);
    private static final int WHOLE = 1004;

    private final ExecutorService executor = java.util.concurrent.Executors.newFixedThreadPool(2);
    private RpcEndpoint server;
    private BareClient client;
    private int xid;

    @BeforeEach
    void start() throws Exception {
        server = BareClient.serve(Map.of(new OncRpcProgram(EchoProgram.PROGRAM, EchoProgram.VERSION), new EchoProgram(),
                new OncRpcProgram(EligibleProgram.ELIGIBLE_PROGRAM, EchoProgram.VERSION), new EligibleProgram()), executor);
        client = new BareClient(server.localAddress());
    }

    @AfterEach
    void stop() {
        client.close();
        server.stop();
        executor.shutdownNow();
    }

    /**
     * An RPC call of WRITE with {@link #DATA}; its credential is of this flavor, with a body that says integrity where it is RPCSEC_GSS.
     */
    private byte[] write(int program, boolean integrity) {
        byte[] credential = integrity ? gss() : new byte[0];
        ByteBuffer call = ByteBuffer.allocate(RPC_HEADER + credential.length + 4 + WHOLE);
        call.putInt(++xid).putInt(0).putInt(2).putInt(program).putInt(1).putInt(EchoProgram.WRITE);
        call.putInt(integrity ? 6 : 0).putInt(credential.length).put(credential).putLong(0);
        return call.putInt(DATA.length).put(DATA).array();
    }

    /** Version 1, procedure DATA, sequence 1, service integrity, empty handle. */
    private static byte[] gss() {
        return ByteBuffer.allocate(20).putInt(1).putInt(0).putInt(1).putInt(2).putInt(0).array();
    }

    /** Sends a call with a part of it in a Read chunk; the header of what the server answers. */
    private RdmaHeader send(byte[] call, int from, int to) throws Exception {
        RdmaHeader header = BareClient.header(xid, RdmaHeader.RDMA_MSG);
        Exposure exposure = client.expose(ByteBuffer.wrap(call, from, to - from).slice(), Access.REMOTE_READ);
        header.addRead(from, exposure.stag(), to - from, exposure.offset());
        int end = to + 3 & ~3;
        client.send(header, ByteBuffer.allocate(from + call.length - end).put(call, 0, from).put(call, end, call.length - end).array());
        RdmaHeader answer = new RdmaHeader();
        ByteBuffer message = client.receive();
        int length = answer.decode(message, 100);
        client.fence();
        assertThat(answer.xid()).isEqualTo(xid);
        if (answer.procedure() == RdmaHeader.RDMA_MSG) {
            assertThat(message.getInt(message.limit() - 4)).as("bytes that the program got").isEqualTo(DATA.length);
            assertThat(message.limit() - length).isEqualTo(24 + 4);
        }
        return answer;
    }

    private void expectRefusal(byte[] call, int from, int to) throws Exception {
        long before = Counters.process().get(XprtCounter.SENT_ERR_CHUNK_NOT_ELIGIBLE);
        RdmaHeader answer = send(call, from, to);
        assertThat(answer.procedure()).isEqualTo(RdmaHeader.RDMA_ERROR);
        assertThat(answer.errorCode()).isEqualTo(RdmaHeader.ERR_CHUNK);
        assertThat(answer.credits()).isPositive();
        assertThat(Counters.process().get(XprtCounter.SENT_ERR_CHUNK_NOT_ELIGIBLE)).isEqualTo(before + 1);
        // The connection goes on, and so does its credit.
        theEligibleArgumentIsTaken();
    }

    @Test
    @Tag("conformance-6")
    @Tag("conformance-12")
    void theEligibleArgumentIsTaken() throws Exception {
        byte[] call = write(EligibleProgram.ELIGIBLE_PROGRAM, false);
        assertThat(send(call, RPC_HEADER + 4, RPC_HEADER + 4 + DATA.length).procedure()).isEqualTo(RdmaHeader.RDMA_MSG);
        call = write(EligibleProgram.ELIGIBLE_PROGRAM, false);
        assertThat(send(call, RPC_HEADER + 4, call.length).procedure()).as("with its pad").isEqualTo(RdmaHeader.RDMA_MSG);
    }

    @Test
    void aCallThatItsBindingFailsAtIsAnsweredWithSystemErrorAndHeldNoLonger() throws Exception {
        byte[] call = write(EligibleProgram.ELIGIBLE_PROGRAM, false);
        ByteBuffer.wrap(call).putInt(RpcWords.CALL_PROCEDURE, EligibleProgram.FAULT);
        RdmaHeader header = BareClient.header(xid, RdmaHeader.RDMA_MSG);
        Exposure exposure = client.expose(ByteBuffer.wrap(call, RPC_HEADER, call.length - RPC_HEADER).slice(), Access.REMOTE_READ);
        header.addRead(RPC_HEADER, exposure.stag(), call.length - RPC_HEADER, exposure.offset());
        client.send(header, ByteBuffer.allocate(RPC_HEADER).put(call, 0, RPC_HEADER).array());
        ByteBuffer answer = client.receive();
        assertThat(answer.getInt(answer.limit() - 4)).isEqualTo(RpcAccepsStatus.SYSTEM);
        LeakLedger.await("no call is held", () -> LeakLedger.level("xprt.calls_served") == 0);
    }

    @Test
    @Tag("conformance-6")
    @Tag("conformance-7")
    @Tag("conformance-41")
    void aChunkWithTheCountWordIsRefused() throws Exception {
        byte[] call = write(EligibleProgram.ELIGIBLE_PROGRAM, false);
        expectRefusal(call, RPC_HEADER, call.length);
    }

    @Test
    @Tag("conformance-41")
    void aChunkWithAPartOfTheArgumentIsRefused() throws Exception {
        byte[] call = write(EligibleProgram.ELIGIBLE_PROGRAM, false);
        expectRefusal(call, RPC_HEADER + 4, call.length - 8);
        call = write(EligibleProgram.ELIGIBLE_PROGRAM, false);
        expectRefusal(call, RPC_HEADER + 8, call.length);
    }

    @Test
    @Tag("conformance-41")
    @Tag("conformance-46")
    void aChunkWithTheRpcHeaderIsRefused() throws Exception {
        byte[] call = write(EligibleProgram.ELIGIBLE_PROGRAM, false);
        expectRefusal(call, 24, RPC_HEADER);
    }

    @Test
    @Tag("conformance-46")
    void nothingOfABodyWithIntegrityIsTakenFromAChunk() throws Exception {
        byte[] call = write(EligibleProgram.ELIGIBLE_PROGRAM, true);
        expectRefusal(call, call.length - WHOLE, call.length);
        // Nor where nothing is known of the program.
        call = write(EchoProgram.PROGRAM, true);
        expectRefusal(call, call.length - WHOLE, call.length);
    }

    @Test
    void ofAProgramWithoutABindingNothingIsKnownAndTheChunkIsTaken() throws Exception {
        byte[] call = write(EchoProgram.PROGRAM, false);
        assertThat(send(call, RPC_HEADER + 4, call.length).procedure()).isEqualTo(RdmaHeader.RDMA_MSG);
    }
}
