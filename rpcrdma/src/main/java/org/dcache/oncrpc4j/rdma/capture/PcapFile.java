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
 * The frames of a capture file, plain or gzipped, in file order: pcap in either byte order with micro- or nanoseconds, or pcapng. One frame
 * is in memory at a time, of at most 1 MiB, whatever lengths the file claims.
 */
public final class PcapFile implements Closeable {

    private static final int BUFFER = 1 << 16;

    private final InputStream in;
    private final FrameReader reader;

    /**
     * One frame.
     *
     * @param number counted from 1, as Wireshark does
     * @param nanos when it was captured, nanoseconds since 1970
     * @param link its link type, a LINKTYPE_ value
     * @param length bytes that it had on the wire; more than there are in {@code bytes} when the snap length cut it
     * @param bytes from index 0 to the limit; nobody else's
     */
    public record Frame(int number, long nanos, int link, int length, ByteBuffer bytes) {

        /** Whether the capture has only the beginning of it. */
        public boolean isCut() {
            return bytes.limit() < length;
        }
    }

    private PcapFile(InputStream in) throws IOException {
        this.in = in;
        byte[] magic = in.readNBytes(Integer.BYTES);
        if (magic.length < Integer.BYTES) {
            throw new EOFException("not a capture: the file ends after " + magic.length + " bytes");
        }
        int word = ByteBuffer.wrap(magic).getInt();
        if (word == PcapngReader.SECTION_HEADER) {
            reader = new PcapngReader(in);
        } else if (ClassicReader.isMagic(word)) {
            reader = new ClassicReader(in, word, ByteOrder.BIG_ENDIAN);
        } else if (ClassicReader.isMagic(Integer.reverseBytes(word))) {
            reader = new ClassicReader(in, Integer.reverseBytes(word), ByteOrder.LITTLE_ENDIAN);
        } else {
            throw new IOException(String.format(
                    "not a capture: expected the magic of pcap (a1b2c3d4, a1b23c4d) or pcapng (0a0d0d0a), got %08x", word));
        }
    }

    public static PcapFile open(Path file) throws IOException {
        return open(Files.newInputStream(file));
    }

    /** Closes the stream when it cannot be read as a capture. */
    public static PcapFile open(InputStream stream) throws IOException {
        try {
            BufferedInputStream buffered = new BufferedInputStream(stream, BUFFER);
            buffered.mark(2);
            boolean gzip = buffered.read() == 0x1f && buffered.read() == 0x8b;
            buffered.reset();
            return new PcapFile(gzip ? new BufferedInputStream(new GZIPInputStream(buffered, BUFFER), BUFFER) : buffered);
        } catch (IOException e) {
            stream.close();
            throw e;
        } catch (CaptureException e) {
            stream.close();
            throw new IOException("not a capture: " + e.getMessage(), e);
        }
    }

    /**
     * The next frame, null at the end of the file.
     *
     * @throws IOException the file ends within a frame, or its compressed form is damaged; nothing more can be read
     * @throws CaptureException a length in it is beyond its bounds; nothing more can be read
     */
    public Frame next() throws IOException {
        return reader.next();
    }

    /** Frames read so far. */
    public int frames() {
        return reader.frames();
    }

    @Override
    public void close() throws IOException {
        in.close();
    }

    /** Reads so many bytes or fails; only as much memory is taken as bytes come. */
    static ByteBuffer read(InputStream in, int length, ByteOrder order, int frame) throws IOException {
        byte[] bytes = in.readNBytes(length);
        if (bytes.length < length) {
            throw new EOFException("the file ends in frame " + frame + ": expected " + length + " bytes, got " + bytes.length);
        }
        return ByteBuffer.wrap(bytes).order(order);
    }
}
