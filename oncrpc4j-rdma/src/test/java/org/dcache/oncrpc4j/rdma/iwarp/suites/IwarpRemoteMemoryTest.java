// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.iwarp.suites;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.dcache.oncrpc4j.rdma.verbs.Access;
import org.dcache.oncrpc4j.rdma.verbs.Exposure;
import org.dcache.oncrpc4j.rdma.verbs.MemorySource;
import org.dcache.oncrpc4j.rdma.verbs.RemoteMemorySuite;
import org.dcache.oncrpc4j.rdma.verbs.WorkRequest;
import org.junit.jupiter.api.Test;

/** The provider suite over software iWARP, with CRC and large FPDUs. */
class IwarpRemoteMemoryTest extends RemoteMemorySuite implements IwarpUnderTest {

    /** More than any socket takes at once. */
    private static final int LARGE = 32 << 20;

    /** The peer's reply may overtake the news, inside our side, that the Read Response it answers has left. */
    @Test
    void memoryThatIsInvalidatedWhileItIsReadIsFencedWhenTheReadIsOver() throws Exception {
        Pair pair = connect();
        byte[] content = pattern(LARGE, 1);
        Exposure exposure = expose(pair.client(), MemorySource.of(memory(content).bytes()), Access.REMOTE_READ);
        CompletableFuture<Void> fenced = new CompletableFuture<>();
        pair.client().whenReceived = (qp, buffer) -> {
            if (exposure.revoke(() -> fenced.complete(null))) {
                fenced.complete(null);
            } else if (buffer.invalidated()) {
                fenced.completeExceptionally(new AssertionError("reported as invalidated, but not free"));
            }
        };
        Memory sink = memory(LARGE);
        WorkRequest read = read(sink, 0, LARGE, exposure.stag(), exposure.offset());
        WorkRequest send = send(pattern(4, 2)).sendWithInvalidate(exposure.stag());
        pair.serverQp().postSend(read.next(send));
        assertThat(pair.client().message().data()).isEqualTo(pattern(4, 2));
        succeeds(pair.server().readCompletion(), read);
        byte[] came = new byte[LARGE];
        sink.bytes().duplicate().get(0, came);
        assertThat(came).isEqualTo(content);
        fenced.get(20, TimeUnit.SECONDS);
        assertThat(pair.clientQp().isOpen()).isTrue();
    }
}
