// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.iwarp;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.dcache.oncrpc4j.rdma.iwarp.wire.DdpHeader;
import org.dcache.oncrpc4j.rdma.verbs.WorkRequest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** How a message is cut into segments. */
class SegmentSizesTest {

    @Test
    @Tag("conformance-82")
    void segmentsAreFullMultiplesOfFourAndTheLastTakesTheRest() throws Exception {
        try (RawPeerFixture f = new RawPeerFixture(Map.of("oncrpc.rdma.iwarp.mulpdu", "1442")).responding()) {
            f.queuePair().postSend(new WorkRequest().write(9, 100).add(java.nio.ByteBuffer.allocate(3000)).signaled(true));
            int[] expected = {1428, 1428, 144};
            long to = 100;
            for (int i = 0; i < 3; i++) {
                RawPeer.Fpdu fpdu = f.peer.readFpdu();
                assertThat(fpdu.payload().capacity()).isEqualTo(expected[i]);
                assertThat(fpdu.isLast()).isEqualTo(i == 2);
                assertThat(DdpHeader.taggedOffset(fpdu.ulpdu(), 0)).isEqualTo(to);
                to += expected[i];
            }
            f.queuePair().postSend(RawPeerFixture.send(new byte[1425]));
            RawPeer.Fpdu first = f.peer.readFpdu();
            assertThat(first.payload().capacity()).isEqualTo(1424);
            assertThat(first.isLast()).isFalse();
            RawPeer.Fpdu last = f.peer.readFpdu();
            assertThat(DdpHeader.messageOffset(last.ulpdu(), 0)).isEqualTo(1424);
            assertThat(last.payload().capacity()).isEqualTo(1);
        }
    }
}
