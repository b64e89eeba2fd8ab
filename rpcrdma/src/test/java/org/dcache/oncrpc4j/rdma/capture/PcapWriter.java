// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.capture;

import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/**
 * Writes TCP segments to a capture file, in frames with right lengths and checksums, so that any tool reads it as if it had been captured.
 * Every form that {@link PcapFile} reads can be written. A frame's time is that of its segment, or else a microsecond after the one before.
 * One thread.
 *
 * <pre>
 *   link header   by {@link Link}
 *   IPv4 header   RFC 791, 20 bytes, or IPv6 header, RFC 8200, 40 bytes
 *   TCP header    RFC 9293, 20 bytes, without options
 * </pre>
 */
public final class PcapWriter implements Closeable {

    /** Longest payload that fits into an IPv4 packet, bytes. */
    public static final int MAX_PAYLOAD = 65_535 - 40;

    /** What stands before the IP header. */
    public enum Link {
        ETHERNET(1, "020000000001 020000000002", 2, ""),
        VLAN(1, "020000000001 020000000002 8100 0005", 2, ""),
        DOUBLE_VLAN(1, "020000000001 020000000002 88a8 0007 8100 0005", 2, ""),
        SLL(113, "0000 0304 0006 000000000000 0000", 2, ""),
        SLL2(276, "", 2, "0000 00000001 0304 00 06 0000000000000000"),
        RAW(101, "", 0, ""),
        LOOP(108, "", 4, ""),
        NULL(0, "", 4, "");

        private final int type;
        private final byte[] before;
        /** Bytes that tell IPv4 from IPv6: an EtherType, or an address family. */
        private final int protocol;
        private final byte[] after;

        Link(int type, String before, int protocol, String after) {
            this.type = type;
            this.before = hex(before);
            this.protocol = protocol;
            this.after = hex(after);
        }

        private static byte[] hex(String text) {
            return java.util.HexFormat.of().parseHex(text.replace(" ", ""));
        }
    }

    /** The file's form. */
    public enum Kind { MICROSECONDS, NANOSECONDS, PCAPNG }

    /**
     * How to write.
     *
     * @param snapLength longest frame that is written whole, bytes
     */
    public record Form(Kind kind, ByteOrder order, Link link, int snapLength) {
        /** What tcpdump writes on most machines. */
        public static final Form USUAL = new Form(Kind.MICROSECONDS, ByteOrder.LITTLE_ENDIAN, Link.ETHERNET, 262_144);
    }

    private static final int TCP = 6;
    private static final int TCP_HEADER = 20;
    private static final long FIRST = 1_700_000_000_000_000_000L;

    private record Flow(InetSocketAddress from, InetSocketAddress to) {}

    private final OutputStream out;
    private final Form form;
    /** Next sequence number of each direction: what the other one acknowledges. */
    private final Map<Flow, Integer> next = new HashMap<>();
    private long time = FIRST;

    public PcapWriter(OutputStream out, Form form) throws IOException {
        this.out = out;
        this.form = form;
        if (form.kind == Kind.PCAPNG) {
            block(0x0a0d0d0a, buffer(16).putInt(0x1a2b3c4d).putShort((short) 1).putShort((short) 0).putLong(-1));
            // Option 9 of the interface: times are in nanoseconds.
            block(1, buffer(20).putShort((short) form.link.type).putShort((short) 0).putInt(form.snapLength)
                    .putShort((short) 9).putShort((short) 1).putInt(order() == ByteOrder.BIG_ENDIAN ? 9 << 24 : 9).putInt(0));
        } else {
            int magic = form.kind == Kind.NANOSECONDS ? 0xa1b23c4d : 0xa1b2c3d4;
            out.write(buffer(24).putInt(magic).putShort((short) 2).putShort((short) 4).putInt(0).putInt(0).putInt(form.snapLength)
                    .putInt(form.link.type).array());
        }
    }

    /** A new file in the usual form. Folders are made. */
    public static PcapWriter create(Path file) throws IOException {
        Files.createDirectories(file.toAbsolutePath().getParent());
        return new PcapWriter(new java.io.BufferedOutputStream(Files.newOutputStream(file), 1 << 16), Form.USUAL);
    }

    /** Writes a frame for each segment. */
    public PcapWriter segments(Iterable<TcpSegment> segments) throws IOException {
        for (TcpSegment segment : segments) {
            segment(segment);
        }
        return this;
    }

    /** Writes one frame. */
    public void segment(TcpSegment s) throws IOException {
        if (s.payload().remaining() > MAX_PAYLOAD) {
            throw new IllegalArgumentException("payload of " + s.payload().remaining() + " bytes: expected at most " + MAX_PAYLOAD);
        }
        int end = s.sequence() + s.payload().remaining() + s.missing() + (s.syn() ? 1 : 0) + (s.fin() ? 1 : 0);
        next.merge(new Flow(s.source(), s.destination()), end, (a, b) -> b - a > 0 ? b : a);
        int acknowledged = s.ack() ? next.getOrDefault(new Flow(s.destination(), s.source()), 0) : 0;
        time = s.at().nanos() != 0 ? s.at().nanos() : time + 1000;
        frame(packet(s, acknowledged), time);
    }

    private byte[] packet(TcpSegment s, int acknowledged) {
        byte[] from = s.source().getAddress().getAddress();
        byte[] to = s.destination().getAddress().getAddress();
        boolean v4 = from.length == 4;
        int length = TCP_HEADER + s.payload().remaining();
        int ip = v4 ? 20 : 40;
        ByteBuffer b = ByteBuffer.allocate(form.link.before.length + form.link.protocol + form.link.after.length + ip + length);
        b.put(form.link.before);
        if (form.link.protocol == 2) {
            b.putShort((short) (v4 ? 0x0800 : 0x86dd));
        } else if (form.link.protocol == 4) {
            int family = v4 ? 2 : 30;
            b.putInt(form.link == Link.NULL && order() == ByteOrder.LITTLE_ENDIAN ? Integer.reverseBytes(family) : family);
        }
        b.put(form.link.after);
        int start = b.position();
        if (v4) {
            b.putShort((short) 0x4500).putShort((short) (ip + length)).putInt(0x00004000).putShort((short) (64 << 8 | TCP))
                    .putShort((short) 0);
        } else {
            b.putInt(0x60000000).putShort((short) length).putShort((short) (TCP << 8 | 64));
        }
        b.put(from).put(to);
        if (v4) {
            b.putShort(start + 10, (short) checksum(b, start, ip, 0));
        }
        int tcp = b.position();
        int flags = (s.fin() ? 1 : 0) | (s.syn() ? 2 : 0) | (s.reset() ? 4 : 0) | (s.payload().hasRemaining() ? 8 : 0) | (s.ack() ? 16 : 0);
        b.putShort((short) s.source().getPort()).putShort((short) s.destination().getPort()).putInt(s.sequence()).putInt(acknowledged)
                .putShort((short) (5 << 12 | flags)).putShort((short) 0xffff).putInt(0).put(s.payload().duplicate());
        ByteBuffer pseudo = ByteBuffer.allocate(2 * from.length + 8).put(from).put(to).putInt(length).putInt(TCP);
        b.putShort(tcp + 16, (short) checksum(b, tcp, length, ~checksum(pseudo, 0, pseudo.capacity(), 0) & 0xffff));
        return b.array();
    }

    /** RFC 1071. */
    private static int checksum(ByteBuffer b, int at, int length, int initial) {
        long sum = initial;
        for (int i = 0; i + 1 < length; i += 2) {
            sum += b.getShort(at + i) & 0xffff;
        }
        if (length % 2 != 0) {
            sum += (b.get(at + length - 1) & 0xff) << 8;
        }
        while (sum > 0xffff) {
            sum = (sum & 0xffff) + (sum >>> 16);
        }
        return (int) ~sum & 0xffff;
    }

    private void frame(byte[] packet, long nanos) throws IOException {
        int captured = Math.min(packet.length, form.snapLength);
        if (form.kind == Kind.PCAPNG) {
            block(6, buffer(20 + (captured + 3 & ~3)).putInt(0).putInt((int) (nanos >>> 32)).putInt((int) nanos).putInt(captured)
                    .putInt(packet.length).put(packet, 0, captured));
            return;
        }
        long fraction = nanos % 1_000_000_000L / (form.kind == Kind.NANOSECONDS ? 1 : 1000);
        out.write(buffer(16).putInt((int) (nanos / 1_000_000_000L)).putInt((int) fraction).putInt(captured).putInt(packet.length).array());
        out.write(packet, 0, captured);
    }

    private void block(int type, ByteBuffer body) throws IOException {
        int length = 12 + body.capacity();
        out.write(buffer(8).putInt(type).putInt(length).array());
        out.write(body.array());
        out.write(buffer(4).putInt(length).array());
    }

    private ByteBuffer buffer(int length) {
        return ByteBuffer.allocate(length).order(order());
    }

    private ByteOrder order() {
        return form.order;
    }

    @Override
    public void close() throws IOException {
        out.close();
    }
}
