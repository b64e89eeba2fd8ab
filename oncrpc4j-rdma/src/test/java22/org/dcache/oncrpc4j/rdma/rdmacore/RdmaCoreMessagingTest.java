// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rdmacore;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import org.dcache.oncrpc4j.rdma.verbs.MessagingSuite;
import org.dcache.oncrpc4j.rdma.verbs.WorkRequest;
import org.junit.jupiter.api.Test;

/**
 * The provider suite over libibverbs, on whatever device this machine has; without one its tests are skipped with the provider's reason.
 */
class RdmaCoreMessagingTest extends MessagingSuite implements RdmaCoreUnderTest {

    /** It waits for memory to be copied to, and what is posted behind it waits too. */
    @Test
    void messagesInMemoryThatIsNotRegisteredArriveInTheirOrder() throws Exception {
        Pair pair = connect();
        for (int i = 0; i < 40; i++) {
            byte[] content = pattern(2000 + 50 * i, i);
            pair.clientQp().postSend(i % 3 == 0 ? new WorkRequest().send().add(ByteBuffer.wrap(content)).signaled(true) : send(content));
        }
        for (int i = 0; i < 40; i++) {
            assertThat(pair.server().message().data()).isEqualTo(pattern(2000 + 50 * i, i));
            assertThat(pair.client().sendCompletion().ok()).isTrue();
        }
    }
}
