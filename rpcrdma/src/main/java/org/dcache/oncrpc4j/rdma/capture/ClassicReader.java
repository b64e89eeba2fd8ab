// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.capture;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * A pcap file. Everything is in the byte order of the magic.
 *
 * <pre>
 *  file:   magic(4)  major(2) minor(2)  zone(4)  figures(4)  snap length(4)  link type(4)      24 bytes
 *  frame:  seconds(4)  fraction(4)  captured length(4)  length on the wire(4)  bytes           16 bytes and the data
 * </pre>
 *
 * The upper half of the link type tells of check sequences behind the frames, which are the IP layer's to ignore.
 */
final class ClassicReader implements FrameReader {

    private static final int MAGIC_MICROSECONDS = 0xa1b2c3d4;
    private static final int MAGIC_NANOSECONDS = 0xa1b23c4d;
    private static final int FILE_HEADER_REST = 20;
    private static final int OFFSET_LINK = 16;
    private static final int FRAME_HEADER = 16;
    private static final int LINK_MASK = 0xffff;
    private static final long NANOS_PER_SECOND = 1_000_000_000L;

    private final InputStream in;
    private final ByteOrder order;
    private final long nanosPerUnit;
    private final int link;
    private int frames;

    /** The stream stands behind the magic. */
    ClassicReader(InputStream in, int magic, ByteOrder order) throws IOException {
        this.in = in;
        this.order = order;
        nanosPerUnit = magic == MAGIC_NANOSECONDS ? 1 : 1000;
        link = PcapFile.read(in, FILE_HEADER_REST, order, 0).getInt(OFFSET_LINK) & LINK_MASK;
        if (!LinkLayer.isKnown(link)) {
            throw new IOException("expected link type " + LinkLayer.KNOWN + ", got " + link);
        }
    }

    static boolean isMagic(int word) {
        return word == MAGIC_MICROSECONDS || word == MAGIC_NANOSECONDS;
    }

    @Override
    public PcapFile.Frame next() throws IOException {
        byte[] first = in.readNBytes(FRAME_HEADER);
        if (first.length == 0) {
            return null;
        }
        frames++;
        if (first.length < FRAME_HEADER) {
            throw new EOFException("the file ends in the header of frame " + frames);
        }
        ByteBuffer header = ByteBuffer.wrap(first).order(order);
        int captured = header.getInt(8);
        int length = header.getInt(12);
        if (captured < 0 || captured > MAX_FRAME || length < captured) {
            throw new CaptureException(frames, "expected a captured length up to " + MAX_FRAME + " and to the frame's "
                    + Integer.toUnsignedString(length) + ", got " + Integer.toUnsignedString(captured));
        }
        long nanos = Integer.toUnsignedLong(header.getInt(0)) * NANOS_PER_SECOND
                + Integer.toUnsignedLong(header.getInt(4)) * nanosPerUnit;
        return new PcapFile.Frame(frames, nanos, link, length,
                PcapFile.read(in, captured, order, frames).order(ByteOrder.BIG_ENDIAN));
    }

    @Override
    public int frames() {
        return frames;
    }
}
