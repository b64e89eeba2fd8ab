// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.capture;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * A pcapng file (draft-ietf-opsawg-pcapng): sections, each with a byte order and interfaces of its own. Blocks that hold no frame are
 * passed over.
 *
 * <pre>
 *  block:                 type(4)  length(4)  body  length(4)           length counts all of it, a multiple of 4
 *  section header:        byte-order magic(4)  major(2) minor(2)  section length(8)  options
 *  interface description: link type(2)  reserved(2)  snap length(4)  options
 *  enhanced packet:       interface(4)  time(4+4)  captured length(4)  length on the wire(4)  bytes
 *  obsolete packet:       interface(2)  drops(2)  time(4+4)  captured length(4)  length on the wire(4)  bytes
 *  simple packet:         length on the wire(4)  bytes up to the snap length
 * </pre>
 */
final class PcapngReader implements FrameReader {

    /** Type of the first block; the same in both byte orders. */
    static final int SECTION_HEADER = 0x0a0d0d0a;

    private static final int INTERFACE = 1;
    private static final int OBSOLETE_PACKET = 2;
    private static final int SIMPLE_PACKET = 3;
    private static final int ENHANCED_PACKET = 6;
    private static final int BYTE_ORDER_MAGIC = 0x1a2b3c4d;
    /** Type and both lengths. */
    private static final int BLOCK_FRAME = 12;
    private static final int MAX_BLOCK = MAX_FRAME + (1 << 16);
    private static final int MAX_INTERFACES = 4096;
    private static final int PACKET_DATA = 20;
    private static final int OPTION_TIME_RESOLUTION = 9;
    private static final int INTERFACE_OPTIONS = 8;
    private static final int MICROSECONDS = 6;
    private static final int BINARY = 0x80;
    private static final double NANOS_PER_SECOND = 1e9;

    /**
     * What the frames of one interface have in common.
     *
     * @param resolution unit of time: 10 to the minus this, or 2 if bit 7 is set
     */
    private record Interface(int link, int snapLength, int resolution) {

        long nanos(long units) {
            if (resolution <= 9) {
                long factor = 1;
                for (int i = resolution; i < 9; i++) {
                    factor *= 10;
                }
                return units * factor;
            }
            double unit = (resolution & BINARY) != 0 ? Math.pow(2, -(resolution & 0x7f)) : Math.pow(10, -resolution);
            return (long) (units * unit * NANOS_PER_SECOND);
        }
    }

    private final InputStream in;
    private final List<Interface> interfaces = new ArrayList<>();
    private ByteOrder order = ByteOrder.BIG_ENDIAN;
    private int frames;

    /** The stream stands behind the first block's type. */
    PcapngReader(InputStream in) throws IOException {
        this.in = in;
        section();
    }

    @Override
    public int frames() {
        return frames;
    }

    @Override
    public PcapFile.Frame next() throws IOException {
        while (true) {
            byte[] first = in.readNBytes(Integer.BYTES);
            if (first.length == 0) {
                return null;
            }
            if (first.length < Integer.BYTES) {
                throw new EOFException("the file ends in the block behind frame " + frames);
            }
            int type = ByteBuffer.wrap(first).order(order).getInt();
            if (type == SECTION_HEADER) {
                section();
                continue;
            }
            ByteBuffer body = body(word().order(order).getInt());
            PcapFile.Frame frame = null;
            switch (type) {
                case INTERFACE -> describe(body);
                case ENHANCED_PACKET -> frame = packet(body, body.limit() >= PACKET_DATA ? body.getInt(0) : 0);
                case OBSOLETE_PACKET -> frame = packet(body, body.limit() >= PACKET_DATA ? body.getShort(0) & 0xffff : 0);
                case SIMPLE_PACKET -> frame = simplePacket(body);
                default -> { }
            }
            if (frame != null) {
                return frame;
            }
        }
    }

    /** A section header, behind its type: sets the byte order. */
    private void section() throws IOException {
        ByteBuffer length = word();
        ByteBuffer magic = word();
        if (magic.getInt(0) == BYTE_ORDER_MAGIC) {
            order = ByteOrder.BIG_ENDIAN;
        } else if (magic.order(ByteOrder.LITTLE_ENDIAN).getInt(0) == BYTE_ORDER_MAGIC) {
            order = ByteOrder.LITTLE_ENDIAN;
        } else {
            throw broken("expected the byte-order magic of a section, got " + Integer.toHexString(magic.getInt(0)));
        }
        interfaces.clear();
        int total = length.order(order).getInt(0);
        if (total < BLOCK_FRAME + Integer.BYTES) {
            throw broken("expected a section header of at least " + (BLOCK_FRAME + Integer.BYTES) + " bytes, got "
                    + Integer.toUnsignedString(total));
        }
        body(total - Integer.BYTES);
    }

    /** The body of a block of so many bytes, whose type and first length were read; the second length is read over. */
    private ByteBuffer body(int total) throws IOException {
        if (total < BLOCK_FRAME || total > MAX_BLOCK || total % 4 != 0) {
            throw broken("expected a block of " + BLOCK_FRAME + " to " + MAX_BLOCK + " bytes, a multiple of 4, got "
                    + Integer.toUnsignedString(total));
        }
        ByteBuffer rest = PcapFile.read(in, total - 2 * Integer.BYTES, order, frames);
        return rest.limit(rest.limit() - Integer.BYTES);
    }

    private void describe(ByteBuffer body) {
        if (body.limit() < INTERFACE_OPTIONS || interfaces.size() == MAX_INTERFACES) {
            throw broken(interfaces.size() == MAX_INTERFACES ? "more than " + MAX_INTERFACES + " interfaces" : "an interface block is cut");
        }
        int resolution = MICROSECONDS;
        int at = INTERFACE_OPTIONS;
        while (at + 4 <= body.limit()) {
            int code = body.getShort(at) & 0xffff;
            int length = body.getShort(at + 2) & 0xffff;
            at += 4;
            if (code == OPTION_TIME_RESOLUTION && length >= 1 && at < body.limit()) {
                resolution = body.get(at) & 0xff;
            }
            at += length + 3 & ~3;
        }
        interfaces.add(new Interface(body.getShort(0) & 0xffff, body.getInt(4), resolution));
    }

    private PcapFile.Frame packet(ByteBuffer body, int number) {
        frames++;
        if (body.limit() < PACKET_DATA) {
            throw broken("a packet block is cut");
        }
        Interface from = from(number);
        long units = Integer.toUnsignedLong(body.getInt(4)) << 32 | Integer.toUnsignedLong(body.getInt(8));
        return frame(from, from.nanos(units), body.getInt(12), body.getInt(16),
                body.position(PACKET_DATA));
    }

    private PcapFile.Frame simplePacket(ByteBuffer body) {
        frames++;
        if (body.limit() < Integer.BYTES) {
            throw broken("a packet block is cut");
        }
        Interface from = from(0);
        int length = body.getInt();
        int captured = Math.min(length, body.remaining());
        return frame(from, 0, from.snapLength > 0 ? Math.min(captured, from.snapLength) : captured, length, body);
    }

    private PcapFile.Frame frame(Interface from, long nanos, int captured, int length, ByteBuffer data) {
        if (captured < 0 || captured > data.remaining() || captured > length) {
            throw broken("expected a captured length up to the frame's " + Integer.toUnsignedString(length) + " and the block's "
                    + data.remaining() + ", got " + Integer.toUnsignedString(captured));
        }
        return new PcapFile.Frame(frames, nanos, from.link, length, data.slice(data.position(), captured));
    }

    private Interface from(int number) {
        if (number < 0 || number >= interfaces.size()) {
            throw broken("it names interface " + Integer.toUnsignedString(number) + " of " + interfaces.size());
        }
        return interfaces.get(number);
    }

    private ByteBuffer word() throws IOException {
        return PcapFile.read(in, Integer.BYTES, order, frames);
    }

    private CaptureException broken(String why) {
        return new CaptureException(frames, "pcapng: " + why);
    }
}
