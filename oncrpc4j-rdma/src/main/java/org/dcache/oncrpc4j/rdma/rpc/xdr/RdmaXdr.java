// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc.xdr;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.util.ArrayList;
import java.util.List;
import org.dcache.oncrpc4j.rdma.rpc.message.RpcOffsets;
import org.dcache.oncrpc4j.rdma.spi.TransportStream;
import org.dcache.oncrpc4j.rdma.xprt.memory.Regbuf;
import org.dcache.oncrpc4j.rdma.xprt.responder.InboundCall;
import org.dcache.oncrpc4j.rdma.xprt.send.OutMessage;
import org.dcache.oncrpc4j.xdr.BadXdrOncRpcException;
import org.dcache.oncrpc4j.xdr.Xdr;
import org.glassfish.grizzly.Buffer;
import org.glassfish.grizzly.FileChunk;
import org.glassfish.grizzly.memory.ByteBufferWrapper;

/**
 * The XDR stream of a message on this transport.
 *
 * <p>It decodes from pooled memory (a receive buffer, a sink) and encodes into a regbuf. oncrpc4j encodes a reply into the Xdr that the
 * call was decoded from; {@link #beginEncoding()} swaps the memory, so the arguments stay readable until the reply has been handed to the
 * transport.
 *
 * <p>Pooled memory never reaches the application: decoding copies it, also where the stock Xdr would hand out a slice. The exceptions are
 * asked for by name ({@code oncrpc.rdma.lend}, {@code oncrpc.rdma.lend-replies}): then byte buffers of a call are its own memory, which is
 * used again once the program has replied, and those of a reply too, until its completion handler returns. What the application gives to
 * be sent by reference ({@code xdrEncodeShallowByteBuffer}) is referenced until the message has left; everything else is copied while it is
 * encoded. Pad is always zero. A length in a received message is checked before anything is allocated for it.
 *
 * <p>Not thread-safe, as the stock one. But a program may leave a call to another thread, before its dispatch has returned, and the memory
 * of a call goes back when that has: {@link #part} swaps what is decoded from, under the call's monitor, and comes first in any other
 * thread that decodes ({@code ServedCall}).
 */
public final class RdmaXdr extends Xdr implements TransportStream {

    /** Room for what usually follows a large item. */
    private static final int SLACK = 512;

    private static final ByteBufferWrapper EMPTY = new ByteBufferWrapper(ByteBuffer.allocate(0));

    private final RegbufMemoryManager memory;
    private final InboundCall inbound;
    private List<External> externals;
    private boolean pooled;
    /** A reply whose pooled memory its handler may look at until it returns. */
    private boolean lent;
    private volatile boolean decoded;

    /** A buffer of the application's that goes out by reference, at this place of the encoded stream. */
    private record External(int position, Buffer buffer) {}

    /** Decodes a call and encodes its reply. */
    public RdmaXdr(InboundCall call, RegbufMemoryManager memory) {
        super(new ByteBufferWrapper(call.message()), memory);
        this.memory = memory;
        this.inbound = call;
        this.pooled = true;
    }

    /** Encodes a call. */
    public RdmaXdr(RegbufBuffer buffer, RegbufMemoryManager memory) {
        super(buffer, memory);
        this.memory = memory;
        this.inbound = null;
    }

    /**
     * Decodes a reply.
     *
     * @param pooled whether the message lies in memory that will be used again
     */
    public RdmaXdr(ByteBuffer message, boolean pooled, RegbufMemoryManager memory) {
        super(new ByteBufferWrapper(message), memory);
        this.memory = memory;
        this.inbound = null;
        this.pooled = pooled;
    }

    /** Byte buffers of this reply are its own memory from here on, pooled or not. */
    public void lend() {
        lent = true;
    }

    /** The call that this Xdr answers; null for one of ours. */
    public InboundCall inbound() {
        return inbound;
    }

    // ---- decoding

    @Override
    public void endDecoding() {
        super.endDecoding();
        decoded = true;
    }

    /**
     * Parts a call's Xdr from the pooled memory of the call, which nobody has answered: its dispatch returns, or another thread is about to
     * decode, or to do with it what it likes. What has been decoded is let go, what has not is copied to the heap. A sink stays until its
     * arguments are decoded, and lent memory until the reply.
     *
     * @param wanted whether somebody is sure to decode
     */
    public void part(boolean wanted) {
        synchronized (inbound) {
            if (!pooled) {
                // It has a copy since somebody took its buffer, or the end of the dispatch has been here before.
                inbound.detach(RpcOffsets.HEAD);
                return;
            }
            if (inbound.isLent() || !wanted && !decoded && inbound.isPulled()) {
                return;
            }
            boolean all = wanted || !decoded;
            inbound.detach(all ? Integer.MAX_VALUE : RpcOffsets.HEAD);
            if (encoding() == null) {
                int position = _buffer.position();
                _buffer = all ? new ByteBufferWrapper(inbound.message()) : EMPTY;
                _buffer.position(all ? position : 0);
            }
            pooled = false;
        }
    }

    /**
     * Parts from pooled memory that will be used again.
     *
     * @return false when the message has not been decoded to its end: then somebody may still do so, and the memory must not be used again
     */
    public boolean detach() {
        if (!decoded) {
            return false;
        }
        _buffer = EMPTY;
        pooled = false;
        return true;
    }

    /** A copy where the memory will be used again; else, or when it is lent until then, the bytes themselves. */
    @Override
    public ByteBuffer xdrDecodeByteBuffer() throws BadXdrOncRpcException {
        if (pooled && !(inbound != null ? memory.lends() : lent) || encoding() != null || _buffer.isComposite()) {
            return ByteBuffer.wrap(xdrDecodeDynamicOpaque());
        }
        checkCount(1);
        int length = xdrDecodeInt();
        int padded = length + 3 & ~3;
        int at = _buffer.position();
        if (padded > _buffer.limit() - at) {
            tooShort();
        }
        if (pooled && inbound != null) {
            inbound.lend();
        }
        _buffer.position(at + padded);
        return _buffer.toByteBuffer(at, at + length).slice();
    }

    @Override
    public byte[] xdrDecodeDynamicOpaque() throws BadXdrOncRpcException {
        checkCount(1);
        return super.xdrDecodeDynamicOpaque();
    }

    @Override
    public byte[] xdrDecodeOpaque(int length) throws BadXdrOncRpcException {
        if (length < 0 || length > _buffer.remaining()) {
            tooShort();
        }
        return super.xdrDecodeOpaque(length);
    }

    /** What all of these come to. */
    @Override
    public void xdrDecodeOpaque(byte[] bytes, int offset, int length) throws BadXdrOncRpcException {
        memory.copied(length);
        super.xdrDecodeOpaque(bytes, offset, length);
    }

    @Override
    public String xdrDecodeString() throws BadXdrOncRpcException {
        checkCount(1);
        return super.xdrDecodeString();
    }

    @Override
    public int[] xdrDecodeIntVector() throws BadXdrOncRpcException {
        checkCount(Integer.BYTES);
        return super.xdrDecodeIntVector();
    }

    @Override
    public long[] xdrDecodeLongVector() throws BadXdrOncRpcException {
        checkCount(Long.BYTES);
        return super.xdrDecodeLongVector();
    }

    @Override
    public float[] xdrDecodeFloatVector() throws BadXdrOncRpcException {
        checkCount(Float.BYTES);
        return super.xdrDecodeFloatVector();
    }

    @Override
    public double[] xdrDecodeDoubleVector() throws BadXdrOncRpcException {
        checkCount(Double.BYTES);
        return super.xdrDecodeDoubleVector();
    }

    @Override
    public byte[] xdrDecodeByteVector() throws BadXdrOncRpcException {
        checkCount(Integer.BYTES);
        return super.xdrDecodeByteVector();
    }

    @Override
    public short[] xdrDecodeShortVector() throws BadXdrOncRpcException {
        checkCount(Integer.BYTES);
        return super.xdrDecodeShortVector();
    }

    /** Refuses a count word that promises more than the message holds, before anything is allocated. */
    private void checkCount(int elementBytes) throws BadXdrOncRpcException {
        if (_buffer.remaining() < Integer.BYTES) {
            return;
        }
        int count = _buffer.getInt(_buffer.position());
        if (count < 0 || (long) count * elementBytes > _buffer.remaining() - Integer.BYTES) {
            tooShort();
        }
    }

    /** The exception's constructor is oncrpc4j's own; reading past the end makes it throw one. */
    private void tooShort() throws BadXdrOncRpcException {
        _buffer.position(_buffer.limit());
        super.xdrDecodeInt();
    }

    /** The application asks for the memory itself: it gets a copy if the memory will be used again. */
    @Override
    public Buffer asBuffer() {
        if (encoding() != null) {
            return externals == null ? super.asBuffer() : composite();
        }
        if (pooled) {
            ByteBuffer copy = ByteBuffer.allocate(_buffer.limit());
            int position = _buffer.position();
            _buffer.rewind();
            _buffer.get(copy);
            copy.position(position);
            _buffer = new ByteBufferWrapper(copy);
            pooled = false;
        }
        return super.asBuffer();
    }

    /** A flat copy of a stream with external parts, for those who want to see it before it is sent. */
    private Buffer composite() {
        Regbuf regbuf = encoding().regbuf();
        int length = _buffer.limit();
        for (External external : externals) {
            length += external.buffer().remaining();
        }
        ByteBuffer flat = ByteBuffer.allocate(length);
        int from = 0;
        for (External external : externals) {
            flat.put(regbuf.view(from, external.position() - from));
            for (ByteBuffer part : external.buffer().toByteBufferArray().getArray()) {
                if (part != null) {
                    flat.put(part.duplicate());
                }
            }
            from = external.position();
        }
        flat.put(regbuf.view(from, _buffer.limit() - from));
        return new ByteBufferWrapper(flat.flip());
    }

    // ---- encoding

    @Override
    public void beginEncoding() {
        if (encoding() == null) {
            RegbufBuffer buffer = memory.allocate(INITIAL_XDR_SIZE);
            if (inbound == null) {
                _buffer = buffer;
            } else {
                synchronized (inbound) {
                    _buffer = buffer;
                }
            }
        }
        dropExternals();
        super.beginEncoding();
    }

    /** The memory encoded into; null while decoding and when the message is gone. */
    private RegbufBuffer encoding() {
        return _buffer instanceof RegbufBuffer buffer ? buffer : null;
    }

    /**
     * The buffer of a reply stays as it is: nfs4j's reply cache gives it to the reply of a retransmission too. oncrpc4j's own encoding uses
     * it up.
     */
    @Override
    public void xdrEncodeByteBuffer(ByteBuffer data) {
        int pad = -data.remaining() & 3;
        memory.copied(data.remaining());
        reserve(Integer.BYTES + data.remaining() + pad);
        super.xdrEncodeByteBuffer(inbound == null ? data : data.duplicate());
        zero(pad);
    }

    @Override
    public void xdrEncodeOpaque(byte[] bytes, int offset, int length) {
        reserve(length + 3);
        memory.copied(length);
        super.xdrEncodeOpaque(bytes, offset, length);
    }

    @Override
    public void xdrEncodeShallowByteBuffer(Buffer data) {
        int length = data.remaining();
        xdrEncodeInt(length);
        if (externals == null) {
            externals = new ArrayList<>(1);
        }
        externals.add(new External(_buffer.position(), data));
        int pad = -length & 3;
        reserve(Integer.BYTES);
        _buffer.position(_buffer.position() + pad);
        zero(pad);
    }

    /** The file's bytes are read here, into their place; what follows them in the reply comes behind them. */
    @Override
    public void xdrEncodeFileChunk(FileChunk chunk) {
        int length = chunk.remaining();
        int end;
        try {
            xdrEncodeInt(length);
            reserve(length + Integer.BYTES);
            int begin = _buffer.position();
            end = begin + length;
            boolean read = encoding() != null && PositionalChunk.read(chunk, encoding().regbuf().view(begin, length));
            if (!read) {
                memory.copied(length);
                write(chunk);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("reading a file chunk of " + length + " bytes failed", e);
        } finally {
            chunk.release();
        }
        int pad = -length & 3;
        _buffer.position(end + pad);
        zero(pad);
    }

    /** For a chunk that cannot be read otherwise: the JDK does so in pieces, with a copy of each. */
    private void write(FileChunk chunk) throws IOException {
        WritableByteChannel target = new BufferChannel(_buffer);
        while (chunk.remaining() > 0) {
            if (chunk.writeTo(target) <= 0) {
                throw new IOException("file chunk ended " + chunk.remaining() + " bytes early");
            }
        }
    }

    /** Makes room ahead in one step; the stock growth would copy more than once. */
    private void reserve(int bytes) {
        RegbufBuffer buffer = encoding();
        if (buffer != null && buffer.remaining() < bytes) {
            _buffer = memory.reallocate(buffer, buffer.position() + bytes + SLACK);
        }
    }

    /** Zeroes the last bytes before the position; recycled memory must not leak into pad. */
    private void zero(int pad) {
        for (int i = 1; i <= pad; i++) {
            _buffer.put(_buffer.position() - i, (byte) 0);
        }
    }

    /** A channel into a buffer, for {@link FileChunk#writeTo}. */
    private record BufferChannel(Buffer target) implements WritableByteChannel {

        @Override
        public int write(ByteBuffer source) {
            int n = source.remaining();
            target.put(source);
            return n;
        }

        @Override
        public boolean isOpen() {
            return true;
        }

        @Override
        public void close() {}
    }

    // ---- handing over

    /**
     * Moves the encoded message and its memory into {@code message}; this Xdr is empty afterwards, also when a buffer of the program's
     * cannot be read any more and this throws: all memory is then the message's.
     */
    public void moveTo(OutMessage message) {
        Regbuf regbuf = encoding().regbuf();
        int limit = _buffer.limit();
        List<External> moved = externals == null ? List.of() : externals;
        for (External external : moved) {
            message.onRelease(() -> Pieces.dispose(external.buffer(), memory.counters()));
        }
        message.onRelease(regbuf::release);
        externals = null;
        _buffer = EMPTY;
        pooled = false;
        int from = 0;
        for (External external : moved) {
            message.add(regbuf.view(from, external.position() - from), regbuf.region());
            Pieces.add(message, external.buffer());
            from = external.position();
        }
        message.add(regbuf.view(from, limit - from), regbuf.region());
    }

    private void dropExternals() {
        if (externals != null) {
            externals.forEach(external -> Pieces.dispose(external.buffer(), memory.counters()));
            externals = null;
        }
    }

    /** Gives encoding memory back that was never sent. Idempotent. */
    @Override
    public void close() {
        dropExternals();
        RegbufBuffer buffer = encoding();
        _buffer = EMPTY;
        if (buffer != null) {
            buffer.regbuf().release();
        }
    }
}
