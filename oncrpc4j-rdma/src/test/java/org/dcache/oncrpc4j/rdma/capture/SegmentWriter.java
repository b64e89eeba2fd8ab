// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.capture;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * Makes the TCP segments of one connection out of bytes, SYNs first. Sequence numbers start shortly before 2^32, so that they wrap. For
 * tests that need traffic which no capture has.
 */
public final class SegmentWriter {

    private final InetSocketAddress client = address(1023);
    private final InetSocketAddress server = address(20049);
    private final List<TcpSegment> segments = new ArrayList<>();
    private final Map<Direction, Integer> next = new EnumMap<>(Direction.class);

    public SegmentWriter() {
        for (Direction direction : Direction.values()) {
            next.put(direction, -1000);
            segments.add(segment(direction, true, ByteBuffer.allocate(0)));
            next.merge(direction, 1, Integer::sum);
        }
    }

    /** Adds a segment with these bytes. */
    public TcpSegment write(Direction direction, byte[] bytes) {
        TcpSegment segment = segment(direction, false, ByteBuffer.wrap(bytes));
        segments.add(segment);
        next.merge(direction, bytes.length, Integer::sum);
        return segment;
    }

    /** The segments so far; may be changed. */
    public List<TcpSegment> segments() {
        return segments;
    }

    private TcpSegment segment(Direction direction, boolean syn, ByteBuffer payload) {
        boolean toServer = direction == Direction.TO_SERVER;
        return new TcpSegment(new Moment(segments.size() + 1, 0), toServer ? client : server, toServer ? server : client, next.get(direction), syn,
                !syn || !toServer, false, false, payload, 0);
    }

    private static InetSocketAddress address(int port) {
        try {
            return new InetSocketAddress(InetAddress.getByAddress(new byte[] {10, 0, 0, 1}), port);
        } catch (UnknownHostException e) {
            throw new IllegalStateException(e);
        }
    }
}
