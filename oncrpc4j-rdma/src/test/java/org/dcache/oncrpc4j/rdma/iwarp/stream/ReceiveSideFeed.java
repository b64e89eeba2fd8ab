// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.iwarp.stream;

import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.function.IntUnaryOperator;
import org.dcache.oncrpc4j.rdma.verbs.Endpoint;
import org.dcache.oncrpc4j.rdma.verbs.QueuePair;

/** Hands bytes to the receive side of a connection, on its loop, as if they had been read from the socket. */
public final class ReceiveSideFeed {

    private ReceiveSideFeed() {}

    /** @param pieces the largest size of the piece with this number, at least 1 */
    public static void feed(QueuePair queuePair, byte[] stream, IntUnaryOperator pieces) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        queuePair.execute(() -> {
            try {
                ReceiveSide side = ((IwarpQueuePair) queuePair).receiveSide;
                for (int at = 0, i = 0; at < stream.length; i++) {
                    int n = Math.min(stream.length - at, pieces.applyAsInt(i));
                    side.take(ByteBuffer.allocateDirect(n).put(0, stream, at, n), 0, n);
                    at += n;
                }
                done.complete(null);
            } catch (Throwable e) {
                done.completeExceptionally(e);
            }
        });
        Endpoint.get(done);
    }

    /** Whether all FPDUs that were begun are whole. */
    public static boolean isBetweenFpdus(QueuePair queuePair) {
        return ((IwarpQueuePair) queuePair).receiveSide.isBetweenFpdus();
    }
}
