// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.iwarp;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** No byte leaves that was not written for this peer. */
class FpduPadTest {

    @Test
    void thePadOfAnFpduIsZeroWhateverWasInItsMemoryBefore() throws Exception {
        try (RawPeerFixture f = new RawPeerFixture().responding()) {
            byte[] dirt = new byte[4000];
            Arrays.fill(dirt, (byte) -1);
            for (int length : new int[] {4000, 1, 4000, 2, 4000, 3, 4000, 5}) {
                f.queuePair().postSend(RawPeerFixture.send(Arrays.copyOf(dirt, length)));
                RawPeer.Fpdu fpdu = f.peer.readFpdu();
                assertThat(fpdu.payload().capacity()).isEqualTo(length);
                assertThat(fpdu.pad()).isZero();
            }
        }
    }
}
