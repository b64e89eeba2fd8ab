// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import org.dcache.oncrpc4j.rdma.rpc.harness.LocalEndpoints;
import org.dcache.oncrpc4j.rpc.OncRpcProgram;
import org.dcache.oncrpc4j.xdr.XdrAble;
import org.dcache.oncrpc4j.xdr.XdrDecodingStream;
import org.dcache.oncrpc4j.xdr.XdrEncodingStream;
import org.dcache.oncrpc4j.xdr.XdrOpaque;
import org.dcache.oncrpc4j.xdr.XdrVoid;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Programs with a reply cache, nfs4j for one, give the same objects to several replies. */
@Timeout(60)
class RepliedAgainTest {

    private static final OncRpcProgram PROGRAM = new OncRpcProgram(0x20000098, 1);

    @Test
    void aByteBufferThatIsRepliedTwiceIsWholeBothTimes() throws Exception {
        ByteBuffer kept = ByteBuffer.wrap(new byte[] {1, 2, 3, 4, 5});
        ExecutorService executor = java.util.concurrent.Executors.newFixedThreadPool(2);
        XdrAble reply = new XdrAble() {
            @Override
            public void xdrEncode(XdrEncodingStream xdr) {
                xdr.xdrEncodeByteBuffer(kept);
            }

            @Override
            public void xdrDecode(XdrDecodingStream xdr) {}
        };
        try (LocalEndpoints endpoints = new LocalEndpoints(Map.of(), Map.of(PROGRAM, call -> call.reply(reply)), executor)) {
            var transport = endpoints.connect();
            for (int i = 0; i < 2; i++) {
                XdrOpaque came = new XdrOpaque(new byte[0]);
                LocalEndpoints.call(transport, PROGRAM.getNumber()).call(1, XdrVoid.XDR_VOID, came, 30, TimeUnit.SECONDS);
                assertThat(came.getOpaque()).containsExactly(1, 2, 3, 4, 5);
            }
        } finally {
            executor.shutdownNow();
        }
    }
}
