// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rdmacore.receive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import org.dcache.oncrpc4j.rdma.rdmacore.loop.PooledReceive;
import org.dcache.oncrpc4j.rdma.rdmacore.loop.ReceiveQueue;
import org.junit.jupiter.api.Test;

/** Which buffers the device has. */
class ReceiveSlotsTest {

    private final ReceiveSlots slots = new ReceiveSlots(2);
    private final PooledReceive one = new PooledReceive(null, ByteBuffer.allocateDirect(8), 0);
    private final PooledReceive two = new PooledReceive(null, ByteBuffer.allocateDirect(8), 0);

    @Test
    void aSlotGivesItsBufferBackOnceAndIsUsedAgain() {
        int first = slots.put(one);
        int second = slots.put(two);
        assertThat(slots.free()).isZero();

        assertThat(slots.take(ReceiveQueue.RECEIVE | second)).isSameAs(two);
        assertThat(slots.posted()).isEqualTo(1);
        assertThatThrownBy(() -> slots.take(ReceiveQueue.RECEIVE | second)).isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("did not have");
        assertThat(slots.put(two)).isEqualTo(second);
        assertThat(slots.take(first)).isSameAs(one);
    }

    @Test
    void whatIsLeftIsTakenAtOnce() {
        slots.put(one);
        slots.put(two);

        assertThat(slots.clear()).containsExactlyInAnyOrder(one, two);
        assertThat(slots.clear()).isEmpty();
        assertThat(slots.free()).as("nothing is posted any more").isZero();
    }
}
