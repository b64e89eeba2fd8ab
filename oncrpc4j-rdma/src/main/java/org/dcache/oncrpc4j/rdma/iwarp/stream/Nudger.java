// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.iwarp.stream;

import org.dcache.oncrpc4j.rdma.iwarp.loop.EventLoop;
import org.dcache.oncrpc4j.rdma.iwarp.shared.IwarpCounter;
import org.dcache.oncrpc4j.rdma.metrics.Counters;
import org.dcache.oncrpc4j.rdma.verbs.parts.Timer;

/**
 * Helps an initiator out of a race in Linux siw: as responder siw sends its MPA Reply before it listens to its socket, and an FPDU that
 * arrives in between stays unread until the next one comes.
 *
 * <p>So as long as the peer has sent nothing after our first FPDU, it gets a zero-length RDMA Write now and then, for two seconds: no peer
 * checks the STag of such a Write, and good peers have mostly answered before the first. Loop thread only.
 */
final class Nudger {

    private static final long[] DELAYS_MILLIS = {20, 50, 100, 200, 400, 400, 400, 400};

    private final EventLoop loop;
    private final SendSide sendSide;
    private final Counters counters;
    private Timer timer;
    private int sent;

    Nudger(EventLoop loop, SendSide sendSide, Counters counters) {
        this.loop = loop;
        this.sendSide = sendSide;
        this.counters = counters;
    }

    void start() {
        timer = loop.schedule(DELAYS_MILLIS[0], this::nudge);
    }

    void stop() {
        timer.cancel();
    }

    private void nudge() {
        counters.increment(IwarpCounter.NUDGES);
        sendSide.nudge();
        if (++sent < DELAYS_MILLIS.length) {
            timer = loop.schedule(DELAYS_MILLIS[sent], this::nudge);
        }
    }
}
