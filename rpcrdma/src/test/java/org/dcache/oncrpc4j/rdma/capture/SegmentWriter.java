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
import java.util.function.LongSupplier;

/**
 * Makes the TCP segments of one connection out of bytes, SYNs first. Sequence numbers start shortly before 2^32, so that they wrap. For
 * tests that need traffic which no capture has.
 */
public final class SegmentWriter {

    private final InetSocketAddress client;
    private final InetSocketAddress server;
    private final LongSupplier clock;
    private final List<TcpSegment> segments = new ArrayList<>();
    private final Map<Direction, Integer> next = new EnumMap<>(Direction.class);

    /** From port 1023 to port 20049 of one host, at no particular time. */
    public SegmentWriter() {
        this(address(1023), address(20049), () -> 0);
    }

    /**
     * A connection between these ends.
     *
     * @param clock nanoseconds since 1970, or 0
     */
    public SegmentWriter(InetSocketAddress client, InetSocketAddress server, LongSupplier clock) {
        this.client = client;
        this.server = server;
        this.clock = clock;
        for (Direction direction : Direction.values()) {
            next.put(direction, -1000);
            segments.add(segment(direction, true, false, ByteBuffer.allocate(0)));
            next.merge(direction, 1, Integer::sum);
        }
    }

    /** Adds a segment with these bytes. */
    public TcpSegment write(Direction direction, byte[] bytes) {
        TcpSegment segment = segment(direction, false, false, ByteBuffer.wrap(bytes));
        segments.add(segment);
        next.merge(direction, bytes.length, Integer::sum);
        return segment;
    }

    /** Adds the segment that ends a direction. */
    public TcpSegment end(Direction direction) {
        TcpSegment segment = segment(direction, false, true, ByteBuffer.allocate(0));
        segments.add(segment);
        next.merge(direction, 1, Integer::sum);
        return segment;
    }

    /** The segments so far; may be changed. */
    public List<TcpSegment> segments() {
        return segments;
    }

    private TcpSegment segment(Direction direction, boolean syn, boolean fin, ByteBuffer payload) {
        boolean toServer = direction == Direction.TO_SERVER;
        return new TcpSegment(new Moment(segments.size() + 1, clock.getAsLong()), toServer ? client : server, toServer ? server : client,
                next.get(direction), syn, !syn || !toServer, fin, false, payload, 0);
    }

    private static InetSocketAddress address(int port) {
        try {
            return new InetSocketAddress(InetAddress.getByAddress(new byte[] {10, 0, 0, 1}), port);
        } catch (UnknownHostException e) {
            throw new IllegalStateException(e);
        }
    }
}
