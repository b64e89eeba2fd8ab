// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.capture;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;

/**
 * One TCP segment of a captured Ethernet frame (RFC 9293; RFC 791, RFC 8200). Checksums are not looked at: on a loopback or with
 * offloading they are not filled in.
 *
 * @param sequence sequence number of the first payload byte (of the SYN, where there is one)
 */
public record TcpSegment(
        int frame, InetSocketAddress source, InetSocketAddress destination, int sequence, boolean syn, boolean ack, boolean fin,
        boolean reset, ByteBuffer payload) {

    private static final int TYPE_IPV4 = 0x0800;
    private static final int TYPE_IPV6 = 0x86dd;
    private static final int TYPE_VLAN = 0x8100;
    private static final int PROTOCOL_TCP = 6;
    private static final int IPV6_HEADER = 40;
    private static final int TCP_HEADER = 20;

    /** The segment in a frame; null when the frame holds none. */
    public static TcpSegment of(PcapFile.Frame frame) {
        try {
            return ethernet(frame.number(), frame.bytes());
        } catch (IndexOutOfBoundsException | IllegalArgumentException e) {
            throw new CaptureException(frame.number(), "its headers are longer than the frame", e);
        }
    }

    private static TcpSegment ethernet(int frame, ByteBuffer bytes) {
        int at = 12;
        int type = bytes.getShort(at) & 0xffff;
        if (type == TYPE_VLAN) {
            at += 4;
            type = bytes.getShort(at) & 0xffff;
        }
        at += 2;
        return switch (type) {
            case TYPE_IPV4 -> ipv4(frame, bytes, at);
            case TYPE_IPV6 -> ipv6(frame, bytes, at);
            default -> null;
        };
    }

    private static TcpSegment ipv4(int frame, ByteBuffer bytes, int at) {
        int headerLength = (bytes.get(at) & 15) * 4;
        int totalLength = bytes.getShort(at + 2) & 0xffff;
        if (bytes.get(at + 9) != PROTOCOL_TCP) {
            return null;
        }
        if ((bytes.getShort(at + 6) & 0x3fff) != 0) {
            throw new CaptureException(frame, "IPv4 fragments are not put together");
        }
        // 0: a segment too large for the field, as segmentation offload makes them.
        int end = totalLength == 0 ? bytes.limit() : at + totalLength;
        return tcp(frame, bytes.slice(at + headerLength, end - at - headerLength), address(bytes, at + 12, 4), address(bytes, at + 16, 4));
    }

    private static TcpSegment ipv6(int frame, ByteBuffer bytes, int at) {
        int payloadLength = bytes.getShort(at + 4) & 0xffff;
        if (bytes.get(at + 6) != PROTOCOL_TCP) {
            return null;
        }
        int end = payloadLength == 0 ? bytes.limit() : at + IPV6_HEADER + payloadLength;
        return tcp(frame, bytes.slice(at + IPV6_HEADER, end - at - IPV6_HEADER), address(bytes, at + 8, 16), address(bytes, at + 24, 16));
    }

    private static TcpSegment tcp(int frame, ByteBuffer b, InetAddress source, InetAddress destination) {
        int headerLength = (b.get(12) >>> 4 & 15) * 4;
        if (headerLength < TCP_HEADER) {
            throw new CaptureException(frame, "TCP header of " + headerLength + " bytes");
        }
        int flags = b.get(13);
        return new TcpSegment(frame, new InetSocketAddress(source, b.getShort(0) & 0xffff),
                new InetSocketAddress(destination, b.getShort(2) & 0xffff), b.getInt(4),
                (flags & 2) != 0, (flags & 16) != 0, (flags & 1) != 0, (flags & 4) != 0,
                b.slice(headerLength, b.limit() - headerLength));
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
