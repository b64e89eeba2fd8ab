// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.capture;

import java.io.BufferedInputStream;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPInputStream;

/**
 * The frames of a pcap file, plain or gzipped, in file order. Either byte order, micro- or nanoseconds; the link type must be Ethernet.
 *
 * <pre>
 *  file:   magic(4)  major(2) minor(2)  zone(4)  figures(4)  snap length(4)  link type(4)      24 bytes
 *  frame:  seconds(4)  fraction(4)  captured length(4)  length on the wire(4)  bytes           16 bytes and the data
 * </pre>
 */
public final class PcapFile implements Closeable {

    private static final int MAGIC_MICROSECONDS = 0xa1b2c3d4;
    private static final int MAGIC_NANOSECONDS = 0xa1b23c4d;
    private static final int FILE_HEADER = 24;
    private static final int FRAME_HEADER = 16;
    private static final int LINK_ETHERNET = 1;
    private static final int MAX_FRAME = 1 << 20;

    private final InputStream in;
    private final ByteOrder order;
    private int frames;

    /** Frame {@code number} counts from 1, as Wireshark does. */
    public record Frame(int number, ByteBuffer bytes) {}

    private PcapFile(InputStream in) throws IOException {
        this.in = in;
        ByteBuffer header = ByteBuffer.wrap(read(FILE_HEADER));
        if (!isMagic(header.getInt(0))) {
            header.order(ByteOrder.LITTLE_ENDIAN);
        }
        if (!isMagic(header.getInt(0))) {
            throw new IOException("not a pcap file: expected magic a1b2c3d4 or a1b23c4d, came "
                    + Integer.toHexString(header.getInt(0)) + " (pcapng is not read: convert it with editcap -F pcap)");
        }
        order = header.order();
        int link = header.getInt(20);
        if (link != LINK_ETHERNET) {
            throw new IOException("expected link type 1 (Ethernet), came " + link);
        }
    }

    public static PcapFile open(Path file) throws IOException {
        return open(Files.newInputStream(file));
    }

    /** Closes the stream when it cannot be read as a capture. */
    public static PcapFile open(InputStream stream) throws IOException {
        try {
            BufferedInputStream buffered = new BufferedInputStream(stream, 1 << 16);
            buffered.mark(2);
            boolean gzip = buffered.read() == 0x1f && buffered.read() == 0x8b;
            buffered.reset();
            return new PcapFile(gzip ? new BufferedInputStream(new GZIPInputStream(buffered, 1 << 16), 1 << 16) : buffered);
        } catch (IOException e) {
            stream.close();
            throw e;
        }
    }

    /** The next frame, null at the end of the file. */
    public Frame next() throws IOException {
        byte[] first = in.readNBytes(FRAME_HEADER);
        if (first.length == 0) {
            return null;
        }
        if (first.length < FRAME_HEADER) {
            throw new EOFException("the file ends in the header of frame " + (frames + 1));
        }
        ByteBuffer header = ByteBuffer.wrap(first).order(order);
        int captured = header.getInt(8);
        int length = header.getInt(12);
        frames++;
        if (captured < 0 || captured > MAX_FRAME) {
            throw new CaptureException(frames, "captured length " + Integer.toUnsignedString(captured) + " is not believable");
        }
        if (captured != length) {
            throw new CaptureException(frames, "only " + captured + " of " + length + " bytes were captured; capture with -s 0");
        }
        return new Frame(frames, ByteBuffer.wrap(read(captured)));
    }

    /** Frames read so far. */
    public int frames() {
        return frames;
    }

    @Override
    public void close() throws IOException {
        in.close();
    }

    private static boolean isMagic(int word) {
        return word == MAGIC_MICROSECONDS || word == MAGIC_NANOSECONDS;
    }

    private byte[] read(int length) throws IOException {
        byte[] bytes = in.readNBytes(length);
        if (bytes.length < length) {
            throw new EOFException("the file ends in frame " + frames + ": expected " + length + " bytes, came " + bytes.length);
        }
        return bytes;
    }
}
