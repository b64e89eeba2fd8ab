// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rdmacore;

import java.util.List;
import org.dcache.oncrpc4j.rdma.config.Choice;
import org.dcache.oncrpc4j.rdma.config.Configuration;
import org.dcache.oncrpc4j.rdma.config.Settings;
import org.dcache.oncrpc4j.rdma.verbs.parts.LedLoop;

/**
 * The settings that the provider on libibverbs uses, taken out of the configuration once.
 *
 * @param devices names of the devices to use; empty: all
 * @param loops threads that take completions, at least 1
 * @param spinNanos how long a completion queue is polled after its last completion
 * @param sendQueue work requests a send queue holds
 * @param inline bytes that may travel inside a work request
 * @param srq whether accepted connections share their receives
 * @param srqDepth receives that a shared receive queue holds at most
 * @param tos IP type of service, 0 leaves it alone
 * @param handshakes half-open handshakes per listener
 * @param waitInLoop whether a thread that waits for a reply or a call may serve the loop meanwhile
 * @param handshakeTimeoutMillis time for our upper layer's answer to a connection request
 */
record RdmaCoreSettings(List<String> devices, int loops, long spinNanos, int sendQueue, int inline, Choice srq, int srqDepth, int tos,
        int handshakes, boolean waitInLoop, long handshakeTimeoutMillis) {

    static RdmaCoreSettings of(Configuration config) {
        return new RdmaCoreSettings(
                config.get(Settings.DEVICE),
                LedLoop.count(config.get(Settings.LOOPS)),
                LedLoop.spinNanos(config.get(Settings.RDMA_CORE_SPIN), Runtime.getRuntime().availableProcessors()),
                config.get(Settings.RDMA_CORE_SEND_QUEUE),
                config.get(Settings.RDMA_CORE_INLINE),
                config.get(Settings.RDMA_CORE_SRQ),
                config.get(Settings.RDMA_CORE_SRQ_DEPTH),
                config.get(Settings.TOS),
                config.get(Settings.HANDSHAKES),
                config.get(Settings.WAIT_IN_LOOP),
                config.get(Settings.HANDSHAKE_TIMEOUT));
    }
}
