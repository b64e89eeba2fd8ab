// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.bench.app;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.zip.CRC32C;

/**
 * One end of a connection that carries nothing but FPDUs: length, a tagged segment's header, payload, pad, CRC32C, by one thread on a
 * blocking socket. Its rate is the limit of software iWARP in Java on this machine, since a transport has to do all of this and more.
 *
 * <p>Data is sent and received in one of two ways ({@link Terms#direct}). With the copies that oncrpc4j's API forces: from an array into
 * the socket's direct memory, and from there into a new array. Or without: direct memory is gathered and scattered. Small FPDUs are copied
 * together either way, since a system call costs more than a copy.
 *
 * <p>Messages without data have {@value #MESSAGE} bytes. They stay in the output buffer until this end has to wait for input, so that
 * several leave together. One thread.
 */
final class BareFpdus {

    /** The length of a small call or reply with its FPDU. */
    static final int MESSAGE = 128;

    private static final int HEADER = 16;
    private static final int CRC = 4;
    /** Pad and CRC behind the payload, and the header of the next FPDU. */
    private static final int BETWEEN = 3 + CRC + HEADER;
    private static final int BUFFER = 256 << 10;
    /** Payloads below this are always copied. */
    private static final int SMALL = 8 << 10;
    /** How many sinks are used in turn, as they are with several calls under way. */
    private static final int SINKS = 8;

    /**
     * How data is sent and received.
     *
     * @param fpdu largest ULPDU
     * @param direct without the copies of the API
     */
    record Terms(int fpdu, boolean crc, boolean direct) {

        private int payload() {
            return fpdu - (HEADER - 2) & ~3;
        }

        private boolean gathers() {
            return direct && payload() >= SMALL;
        }
    }

    private final SocketChannel socket;
    private final ByteBuffer in = ByteBuffer.allocateDirect(BUFFER).flip();
    private final ByteBuffer out = ByteBuffer.allocateDirect(BUFFER);
    private final CRC32C crc = new CRC32C();
    private final ByteBuffer[] sinks = new ByteBuffer[SINKS];
    private int nextSink;
    private ByteBuffer array = ByteBuffer.allocate(0);
    private ByteBuffer source = ByteBuffer.allocateDirect(0);
    private ByteBuffer edges = ByteBuffer.allocateDirect(0);

    BareFpdus(SocketChannel socket) {
        this.socket = socket;
    }

    /** Adds a message without data that begins with these words; it leaves with what comes after it, or before this end waits. */
    void put(int first, int second, int third) throws IOException {
        if (out.remaining() < MESSAGE) {
            flush();
        }
        int end = out.position() + MESSAGE;
        out.putInt(first).putInt(second).putInt(third).position(end);
    }

    /** The next message without data, valid until the next call. */
    ByteBuffer take(boolean exactly) throws IOException {
        await(MESSAGE, exactly);
        ByteBuffer message = in.slice(in.position(), MESSAGE);
        in.position(in.position() + MESSAGE);
        return message;
    }

    void flush() throws IOException {
        out.flip();
        while (out.hasRemaining()) {
            socket.write(out);
        }
        out.clear();
    }

    /** @param exactly do not read ahead, because data follows that is read into another place */
    private void await(int bytes, boolean exactly) throws IOException {
        if (in.remaining() >= bytes) {
            return;
        }
        flush();
        in.compact();
        if (exactly) {
            in.limit(bytes);
        }
        while (in.position() < bytes) {
            read(socket.read(in));
        }
        in.flip();
    }

    private static void read(long bytes) throws IOException {
        if (bytes < 0) {
            throw new EOFException("the other end of the connection with bare FPDUs is closed");
        }
    }

    void send(int bytes, Terms terms) throws IOException {
        if (terms.gathers()) {
            gather(bytes, terms);
            return;
        }
        ByteBuffer data = terms.direct() ? source(bytes) : array(bytes);
        for (int at = 0; at < bytes;) {
            int n = Math.min(bytes - at, terms.payload());
            if (out.remaining() < n + HEADER + BETWEEN) {
                flush();
            }
            int begin = out.position();
            header(out, n, at, bytes);
            out.put(out.position(), data, at, n).position(out.position() + n);
            trailer(out, n, terms.crc() ? crc(out.duplicate().flip().position(begin)) : 0);
            at += n;
        }
        flush();
    }

    private void gather(int bytes, Terms terms) throws IOException {
        flush();
        int fpdus = (bytes + terms.payload() - 1) / terms.payload();
        ByteBuffer data = source(bytes);
        ByteBuffer small = edges(fpdus);
        ByteBuffer[] views = new ByteBuffer[2 * fpdus + 1];
        int begin = 0;
        for (int i = 0, at = 0; i < fpdus; i++) {
            int n = Math.min(bytes - at, terms.payload());
            int head = small.position();
            header(small, n, at, bytes);
            views[2 * i] = small.slice(begin, small.position() - begin);
            views[2 * i + 1] = data.slice(at, n);
            begin = small.position();
            int value = 0;
            if (terms.crc()) {
                crc.reset();
                crc.update(small.duplicate().flip().position(head));
                crc.update(views[2 * i + 1].duplicate());
                value = (int) crc.getValue();
            }
            trailer(small, n, value);
            at += n;
        }
        views[2 * fpdus] = small.slice(begin, small.position() - begin);
        for (int first = 0; views[2 * fpdus].hasRemaining();) {
            socket.write(views, first, views.length - first);
            first = skip(views, first);
        }
    }

    private static int skip(ByteBuffer[] views, int from) {
        int first = from;
        while (first < views.length - 1 && !views[first].hasRemaining()) {
            first++;
        }
        return first;
    }

    private static void header(ByteBuffer to, int n, int at, int bytes) {
        to.putShort((short) (n + HEADER - 2)).putShort((short) (at + n == bytes ? 0xc140 : 0x8140)).putInt(1).putLong(at);
    }

    private static void trailer(ByteBuffer to, int n, int value) {
        for (int pad = -n & 3; pad > 0; pad--) {
            to.put((byte) 0);
        }
        to.putInt(value);
    }

    private int crc(ByteBuffer over) {
        crc.reset();
        crc.update(over);
        return (int) crc.getValue();
    }

    /** @return the data, in a new array, or in memory that is used again */
    ByteBuffer receive(int bytes, Terms terms) throws IOException {
        if (terms.gathers()) {
            return scatter(bytes, terms);
        }
        ByteBuffer data = terms.direct() ? sink(bytes) : ByteBuffer.allocate(bytes);
        for (int at = 0; at < bytes;) {
            await(HEADER, false);
            crc.reset();
            int n = length(in, in.position(), bytes - at, terms);
            covered(HEADER, terms.crc());
            for (int left = n; left > 0;) {
                await(1, false);
                int part = Math.min(left, in.remaining());
                data.put(at, in, in.position(), part);
                covered(part, terms.crc());
                at += part;
                left -= part;
            }
            int pad = -n & 3;
            await(pad + CRC, false);
            in.position(in.position() + pad);
            check(in.getInt(), terms.crc());
        }
        return data;
    }

    private void covered(int bytes, boolean wanted) {
        if (wanted) {
            crc.update(in.slice(in.position(), bytes));
        }
        in.position(in.position() + bytes);
    }

    private static int length(ByteBuffer header, int at, int left, Terms terms) throws IOException {
        int n = (header.getShort(at) & 0xffff) - (HEADER - 2);
        if (n != Math.min(left, terms.payload())) {
            throw new IOException("bare FPDUs: expected a payload of " + Math.min(left, terms.payload()) + " bytes, got " + n);
        }
        return n;
    }

    private void check(int value, boolean wanted) throws IOException {
        if (wanted && value != (int) crc.getValue()) {
            throw new IOException("bare FPDUs: expected CRC 0x" + Integer.toHexString((int) crc.getValue()) + ", got 0x"
                    + Integer.toHexString(value));
        }
    }

    /** Reads the data into its place without a copy, and checks each FPDU when it is complete. */
    private ByteBuffer scatter(int bytes, Terms terms) throws IOException {
        flush();
        int fpdus = (bytes + terms.payload() - 1) / terms.payload();
        ByteBuffer data = sink(bytes);
        ByteBuffer small = edges(fpdus);
        ByteBuffer[] views = new ByteBuffer[2 * fpdus + 1];
        int edge = 0;
        int before = 0;
        for (int i = 0, at = 0; i < fpdus; i++) {
            int n = Math.min(bytes - at, terms.payload());
            views[2 * i] = small.slice(edge, before + HEADER);
            views[2 * i + 1] = data.slice(at, n);
            edge += before + HEADER;
            before = (-n & 3) + CRC;
            at += n;
        }
        views[2 * fpdus] = small.slice(edge, before);
        int first = skip(views, 0);
        for (int checked = 0; checked < fpdus;) {
            if (in.hasRemaining()) {
                // These bytes were read together with the message before.
                int n = Math.min(in.remaining(), views[first].remaining());
                views[first].put(in.slice(in.position(), n));
                in.position(in.position() + n);
            } else {
                read(socket.read(views, first, views.length - first));
            }
            first = skip(views, first);
            while (checked < fpdus && arrived(views[2 * checked + 2], checked + 1 == fpdus)) {
                checkPlaced(views, checked, bytes - checked * terms.payload(), terms);
                checked++;
            }
        }
        return data;
    }

    /** Whether an FPDU's trailer, which is at the start of the next edge, is complete. */
    private static boolean arrived(ByteBuffer edge, boolean last) {
        return edge.position() >= edge.capacity() - (last ? 0 : HEADER);
    }

    private void checkPlaced(ByteBuffer[] views, int fpdu, int left, Terms terms) throws IOException {
        ByteBuffer head = views[2 * fpdu];
        length(head, head.capacity() - HEADER, left, terms);
        if (terms.crc()) {
            crc.reset();
            crc.update(head.slice(head.capacity() - HEADER, HEADER));
            crc.update(views[2 * fpdu + 1].duplicate().clear());
            ByteBuffer tail = views[2 * fpdu + 2];
            check(tail.getInt(tail.capacity() - (2 * fpdu + 3 == views.length ? 0 : HEADER) - CRC), true);
        }
    }

    private ByteBuffer array(int bytes) {
        if (array.capacity() != bytes) {
            array = ByteBuffer.allocate(bytes);
        }
        return array;
    }

    private ByteBuffer source(int bytes) {
        if (source.capacity() != bytes) {
            source = ByteBuffer.allocateDirect(bytes);
        }
        return source;
    }

    private ByteBuffer edges(int fpdus) {
        if (edges.capacity() < (HEADER + BETWEEN) * fpdus) {
            edges = ByteBuffer.allocateDirect((HEADER + BETWEEN) * fpdus);
        }
        return edges.clear();
    }

    private ByteBuffer sink(int bytes) {
        nextSink = (nextSink + 1) % SINKS;
        if (sinks[nextSink] == null || sinks[nextSink].capacity() != bytes) {
            sinks[nextSink] = ByteBuffer.allocateDirect(bytes);
        }
        return sinks[nextSink];
    }
}
