// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.capture;

import java.nio.ByteBuffer;
import java.util.TreeMap;

/**
 * Puts one direction of a TCP connection together by sequence number: segments may come out of order, repeated and overlapping. What comes
 * twice counts once. Bytes leave in order, each segment's as soon as all before it are there.
 */
final class TcpStream {

    /** Takes the bytes of the stream in order. */
    interface Sink {
        void bytes(int frame, ByteBuffer bytes);
    }

    private final Sink sink;
    private final TreeMap<Long, TcpSegment> waiting = new TreeMap<>();
    private boolean started;
    private int initial;
    /** Bytes delivered: offset of the next byte in the stream. */
    private long next;

    TcpStream(Sink sink) {
        this.sink = sink;
    }

    void segment(TcpSegment s) {
        if (s.syn()) {
            started = true;
            initial = s.sequence() + 1;
        }
        if (s.payload().remaining() == 0) {
            return;
        }
        if (!started) {
            throw new CaptureException(s.frame(), "the capture began after this connection; its first segment is not there");
        }
        int sequence = s.syn() ? s.sequence() + 1 : s.sequence();
        // Within 2 GiB of what was delivered, so that the 32-bit numbers may wrap.
        long offset = next + (sequence - initial - (int) next);
        TcpSegment other = waiting.get(offset);
        if (other == null || other.payload().remaining() < s.payload().remaining()) {
            waiting.put(offset, s);
        }
        deliver();
    }

    private void deliver() {
        while (!waiting.isEmpty() && waiting.firstKey() <= next) {
            long offset = waiting.firstKey();
            TcpSegment s = waiting.pollFirstEntry().getValue();
            int known = (int) Math.min(next - offset, s.payload().remaining());
            ByteBuffer fresh = s.payload().slice(known, s.payload().remaining() - known);
            next += fresh.remaining();
            if (fresh.hasRemaining()) {
                sink.bytes(s.frame(), fresh);
            }
        }
    }

    /** Bytes of the stream so far. */
    long length() {
        return next;
    }

    /** Fails when segments are missing. */
    void checkComplete() {
        if (!waiting.isEmpty()) {
            TcpSegment s = waiting.firstEntry().getValue();
            throw new CaptureException(s.frame(), "bytes " + next + " to " + waiting.firstKey()
                    + " of this TCP stream are not in the capture");
        }
    }
}
