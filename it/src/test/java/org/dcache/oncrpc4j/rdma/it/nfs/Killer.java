// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.nfs;

import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.dcache.oncrpc4j.rdma.tool.relay.Tap;

/**
 * Kills connections that go through a relay: each one after a number of bytes, both directions together, that is drawn for it from a fixed
 * seed, by a reset or by an end in good order, in turn. Small numbers are as likely as large ones of the same magnitude, so that some die
 * in the handshake, some inside a bulk transfer. Any thread.
 */
final class Killer implements Supplier<Tap> {

    private final Random random;
    private final int least;
    private final int most;
    private final AtomicInteger killed = new AtomicInteger();

    /**
     * @param least bytes that a connection may carry
     * @param most likewise
     */
    Killer(long seed, int least, int most) {
        this.random = new Random(seed);
        this.least = least;
        this.most = most;
    }

    /** Connections that were killed so far. */
    int killed() {
        return killed.get();
    }

    @Override
    public Tap get() {
        double draw;
        boolean reset;
        synchronized (random) {
            draw = random.nextDouble();
            reset = random.nextBoolean();
        }
        return new Line((long) (least * Math.pow((double) most / least, draw)), reset ? Tap.Verdict.RESET : Tap.Verdict.FINISH);
    }

    private final class Line implements Tap {

        private final Verdict end;
        private long left;

        Line(long bytes, Verdict end) {
            this.left = bytes;
            this.end = end;
        }

        private synchronized Verdict pass(int n) {
            if (left > 0) {
                left -= n;
                if (left <= 0) {
                    killed.incrementAndGet();
                    return end;
                }
            }
            return Verdict.PASS;
        }

        @Override
        public Verdict toServer(byte[] bytes, int offset, int length) {
            return pass(length);
        }

        @Override
        public Verdict toClient(byte[] bytes, int offset, int length) {
            return pass(length);
        }
    }
}
