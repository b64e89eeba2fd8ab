// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.verbs;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * One Send, RDMA Write or RDMA Read, or a provider's own {@linkplain Exposure#bindRequest() bind}, reusable: fill it, post it, wait for its
 * completion, fill it again.
 *
 * <p>Owned by the poster except between {@link QueuePair#postSend} and its completion. Not thread-safe; the hand-over to
 * the provider and back publishes it. The element arrays grow to the largest use and stay.
 */
public final class WorkRequest {

    /** The operations that every provider must know, but for {@link Capabilities#sendWithInvalidate()}. */
    public enum Opcode {
        SEND,
        SEND_WITH_INVALIDATE,
        RDMA_WRITE,
        RDMA_READ,
        /** Makes an exposure usable; only providers make such requests, see {@link Exposure#bindRequest()}. */
        BIND
    }

    private Opcode opcode = Opcode.SEND;
    private boolean signaled;
    private Object context;
    private Exposure bound;
    private WorkRequest next;
    private ByteBuffer[] buffers = new ByteBuffer[2];
    private MemoryRegion[] regions = new MemoryRegion[2];
    private int count;
    private int remoteStag;
    private long remoteOffset;
    private int invalidateStag;

    /** Empties it: no elements, no successor, unsignalled; the context stays. */
    public WorkRequest reset() {
        Arrays.fill(buffers, 0, count, null);
        Arrays.fill(regions, 0, count, null);
        count = 0;
        next = null;
        signaled = false;
        opcode = Opcode.SEND;
        remoteStag = 0;
        remoteOffset = 0;
        invalidateStag = 0;
        bound = null;
        return this;
    }

    public WorkRequest send() {
        opcode = Opcode.SEND;
        return this;
    }

    /** A Send that also invalidates the peer's {@code stag} (RFC 5040, 5.3). */
    public WorkRequest sendWithInvalidate(int stag) {
        opcode = Opcode.SEND_WITH_INVALIDATE;
        invalidateStag = stag;
        return this;
    }

    /** An RDMA Write of the elements to the peer's memory; zero length is legal and serves as a sign of life. */
    public WorkRequest write(int stag, long offset) {
        opcode = Opcode.RDMA_WRITE;
        remoteStag = stag;
        remoteOffset = offset;
        return this;
    }

    /** An RDMA Read from the peer's memory into the one element of this request. */
    public WorkRequest read(int stag, long offset) {
        opcode = Opcode.RDMA_READ;
        remoteStag = stag;
        remoteOffset = offset;
        return this;
    }

    /** For providers: makes the exposure usable. It completes as a Send does. */
    public WorkRequest bind(Exposure exposure) {
        opcode = Opcode.BIND;
        bound = exposure;
        return this;
    }

    /**
     * Adds the bytes between position and limit; none need no region. The request owns the view: the provider may move its position. Memory
     * without a region where {@link Capabilities#anyMemory()} does not hold ends the connection.
     */
    public WorkRequest add(ByteBuffer view, MemoryRegion region) {
        if (count == buffers.length) {
            buffers = Arrays.copyOf(buffers, count * 2);
            regions = Arrays.copyOf(regions, count * 2);
        }
        buffers[count] = view;
        regions[count++] = region;
        return this;
    }

    /** Adds memory that needs no registration; only where {@link Capabilities#anyMemory()}. */
    public WorkRequest add(ByteBuffer view) {
        return add(view, null);
    }

    public WorkRequest signaled(boolean value) {
        signaled = value;
        return this;
    }

    public WorkRequest context(Object value) {
        context = value;
        return this;
    }

    public WorkRequest next(WorkRequest value) {
        next = value;
        return this;
    }

    public Opcode opcode() {
        return opcode;
    }

    public boolean isSignaled() {
        return signaled;
    }

    /** The poster's own; kept by {@link #reset()}. */
    public Object context() {
        return context;
    }

    public WorkRequest next() {
        return next;
    }

    public int count() {
        return count;
    }

    public ByteBuffer buffer(int index) {
        return buffers[index];
    }

    public MemoryRegion region(int index) {
        return regions[index];
    }

    public int remoteStag() {
        return remoteStag;
    }

    public long remoteOffset() {
        return remoteOffset;
    }

    public int invalidateStag() {
        return invalidateStag;
    }

    /** What a bind makes usable. */
    public Exposure bound() {
        return bound;
    }

    /** Bytes still between the positions and limits of its elements. */
    public long remaining() {
        long sum = 0;
        for (int i = 0; i < count; i++) {
            sum += buffers[i].remaining();
        }
        return sum;
    }
}
