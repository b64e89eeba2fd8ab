// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.capture;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;

/**
 * One TCP segment of a captured frame (RFC 9293; RFC 791, RFC 8200). Checksums are not looked at: on a loopback or with offloading they are
 * not filled in.
 *
 * @param at the frame that holds it
 * @param sequence sequence number of the first payload byte (of the SYN, where there is one)
 * @param payload what was captured of it, from the buffer's position to its limit
 * @param missing bytes behind {@code payload} that the snap length cut off
 */
public record TcpSegment(
        Moment at, InetSocketAddress source, InetSocketAddress destination, int sequence, boolean syn, boolean ack, boolean fin,
        boolean reset, ByteBuffer payload, int missing) {

    private static final int PROTOCOL_TCP = 6;
    private static final int IPV4_HEADER = 20;
    private static final int IPV4_FRAGMENT_MASK = 0x3fff;
    private static final int IPV6_HEADER = 40;
    private static final int IPV6_HOP_BY_HOP = 0;
    private static final int IPV6_ROUTING = 43;
    private static final int IPV6_FRAGMENT = 44;
    private static final int IPV6_AUTHENTICATION = 51;
    private static final int IPV6_DESTINATION = 60;
    private static final int IPV6_FRAGMENT_MASK = 0xfff9;
    private static final int TCP_HEADER = 20;

    /**
     * The segment in a frame; null when the frame holds none.
     *
     * @throws CaptureException it is broken, cut within its headers, or a fragment
     */
    public static TcpSegment of(PcapFile.Frame frame) {
        try {
            int at = LinkLayer.network(frame);
            if (at == LinkLayer.NONE) {
                return null;
            }
            int version = frame.bytes().get(at) >>> 4 & 15;
            return switch (version) {
                case 4 -> ipv4(frame, at);
                case 6 -> ipv6(frame, at);
                default -> throw new CaptureException(frame.number(), "IP version " + version);
            };
        } catch (IndexOutOfBoundsException | IllegalArgumentException e) {
            throw new CaptureException(frame.number(), "its headers are longer than the frame", e);
        }
    }

    private static TcpSegment ipv4(PcapFile.Frame frame, int at) {
        ByteBuffer bytes = frame.bytes();
        int headerLength = (bytes.get(at) & 15) * 4;
        int totalLength = bytes.getShort(at + 2) & 0xffff;
        if (bytes.get(at + 9) != PROTOCOL_TCP) {
            return null;
        }
        if (headerLength < IPV4_HEADER) {
            throw new CaptureException(frame.number(), "an IPv4 header of " + headerLength + " bytes");
        }
        if ((bytes.getShort(at + 6) & IPV4_FRAGMENT_MASK) != 0) {
            throw new CaptureException(frame.number(), "IPv4 fragments are not put together");
        }
        return tcp(frame, at + headerLength, end(frame, at, totalLength), address(bytes, at + 12, 4), address(bytes, at + 16, 4));
    }

    private static TcpSegment ipv6(PcapFile.Frame frame, int at) {
        ByteBuffer bytes = frame.bytes();
        int payloadLength = bytes.getShort(at + 4) & 0xffff;
        int protocol = bytes.get(at + 6) & 0xff;
        int next = at + IPV6_HEADER;
        while (protocol != PROTOCOL_TCP) {
            int length;
            switch (protocol) {
                case IPV6_HOP_BY_HOP, IPV6_ROUTING, IPV6_DESTINATION -> length = 8 + 8 * (bytes.get(next + 1) & 0xff);
                case IPV6_AUTHENTICATION -> length = 8 + 4 * (bytes.get(next + 1) & 0xff);
                case IPV6_FRAGMENT -> {
                    if ((bytes.getShort(next + 2) & IPV6_FRAGMENT_MASK) != 0) {
                        throw new CaptureException(frame.number(), "IPv6 fragments are not put together");
                    }
                    length = 8;
                }
                default -> {
                    return null;
                }
            }
            protocol = bytes.get(next) & 0xff;
            next += length;
        }
        int end = end(frame, at, payloadLength == 0 ? 0 : IPV6_HEADER + payloadLength);
        return tcp(frame, next, end, address(bytes, at + 8, 16), address(bytes, at + 24, 16));
    }

    /** Length 0 stands for a packet too large for the field, as segmentation offload makes them. */
    private static int end(PcapFile.Frame frame, int at, int packetLength) {
        if (packetLength == 0 && frame.length() > FrameReader.MAX_FRAME) {
            throw new CaptureException(frame.number(), "a packet without a length in a frame of " + frame.length() + " bytes");
        }
        return packetLength == 0 ? frame.length() : at + packetLength;
    }

    private static TcpSegment tcp(PcapFile.Frame frame, int at, int end, InetAddress source, InetAddress destination) {
        ByteBuffer b = frame.bytes();
        int headerLength = (b.get(at + 12) >>> 4 & 15) * 4;
        int start = at + headerLength;
        if (headerLength < TCP_HEADER || start > end || end > b.limit() && !frame.isCut()) {
            throw new CaptureException(frame.number(), "a TCP header of " + headerLength + " bytes at byte " + at
                    + " of a packet that ends at byte " + end + ", in a frame of " + frame.length());
        }
        int captured = Math.max(start, Math.min(end, b.limit()));
        int flags = b.get(at + 13);
        return new TcpSegment(new Moment(frame.number(), frame.nanos()),
                new InetSocketAddress(source, b.getShort(at) & 0xffff),
                new InetSocketAddress(destination, b.getShort(at + 2) & 0xffff), b.getInt(at + 4),
                (flags & 2) != 0, (flags & 16) != 0, (flags & 1) != 0, (flags & 4) != 0,
                start > b.limit() ? ByteBuffer.allocate(0) : b.slice(start, captured - start), end - captured);
    }

    private static InetAddress address(ByteBuffer bytes, int at, int length) {
        byte[] address = new byte[length];
        bytes.get(at, address);
        try {
            return InetAddress.getByAddress(address);
        } catch (UnknownHostException e) {
            throw new IllegalStateException(e);
        }
    }
}
