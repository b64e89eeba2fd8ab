// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.iwarp.memory;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.dcache.oncrpc4j.rdma.iwarp.loop.EventLoop;
import org.dcache.oncrpc4j.rdma.verbs.Access;
import org.dcache.oncrpc4j.rdma.verbs.Exposure;
import org.dcache.oncrpc4j.rdma.verbs.MemorySource;
import org.dcache.oncrpc4j.rdma.verbs.WorkRequest;
import org.dcache.oncrpc4j.rdma.verbs.error.ResourceLimitException;

/**
 * Memory under an STag of one connection. It is an entry of the connection's {@link StagTable}.
 *
 * <p>It knows what the peer has written: all bytes up to a mark in the common case, and the pieces behind a gap where a peer writes out of
 * order.
 *
 * <p>Only the loop looks it up, places into it and ends it; so a revocation on the loop is complete when it returns, but for one
 * case: Read Responses that are queued or being gathered by the send side pin it, and the fence runs when the
 * last of them has left or was dropped.
 */
public final class IwarpExposure implements Exposure {

    /** The connection that it is of. */
    public interface Owner {
        /** See {@link Exposure#revoke}. Any thread. */
        boolean revoke(IwarpExposure exposure, Runnable fenced);

        EventLoop loop();
    }

    private final Owner owner;
    private final MemorySource source;
    private final Access access;
    private final int stag;
    private final long offset;
    private final int length;
    private final AtomicInteger pins = new AtomicInteger();
    private ByteBuffer view;
    /** Bytes from the start on that the peer has written; {@link #ahead} is what it wrote behind the first gap, or null. */
    private int written;
    private WrittenPieces ahead;
    private boolean unanswered;
    private volatile boolean valid = true;
    private volatile boolean fenceWaiting;
    private List<Runnable> fences;

    IwarpExposure(Owner owner, MemorySource source, Access access, int stag, long offset) {
        this.owner = owner;
        this.source = source;
        this.access = access;
        this.stag = stag;
        this.offset = offset;
        this.length = source.length();
    }

    @Override
    public int stag() {
        return stag;
    }

    @Override
    public long offset() {
        return offset;
    }

    @Override
    public int length() {
        return length;
    }

    @Override
    public WorkRequest bindRequest() {
        return null;
    }

    @Override
    public void unanswered() {
        unanswered = true;
    }

    /** Whether it ends before the peer has answered. Loop. */
    boolean isUnanswered() {
        return unanswered;
    }

    @Override
    public boolean revoke(Runnable fenced) {
        return owner.revoke(this, fenced);
    }

    public Access access() {
        return access;
    }

    public boolean isValid() {
        return valid;
    }

    /** Whether {@code bytes} from {@code to} on lie inside, with 64-bit wrap in mind. */
    public boolean contains(long to, long bytes) {
        long from = to - offset;
        return from >= 0 && from <= length && bytes <= length - from;
    }

    /** Loop: the memory, at least its first bytes, from 0 on; asked from its source when there is not so much yet. */
    public ByteBuffer view(int upTo) throws ResourceLimitException {
        if (view == null || view.capacity() < upTo) {
            ByteBuffer memory = source.memory(upTo);
            view = memory.slice(memory.position(), Math.min(length, memory.remaining()));
        }
        return view;
    }

    /** Loop or send side: all of the memory of an exposure for reading, which was asked for when the Read Request arrived. */
    public ByteBuffer view() {
        return view;
    }

    /** Loop: a segment was placed and its CRC was right. */
    public void written(int at, int bytes) {
        if (at > written) {
            if (ahead == null) {
                ahead = new WrittenPieces();
            }
            ahead.add(at, at + bytes);
        } else {
            written = Math.max(written, at + bytes);
            if (ahead != null) {
                written = ahead.join(written);
            }
        }
    }

    @Override
    public int written() {
        return written;
    }

    /** Loop: a Read Response of it was queued. */
    public void pin() {
        pins.incrementAndGet();
    }

    /** Send side: a Read Response of it left or was dropped. */
    public void unpin() {
        if (pins.decrementAndGet() == 0 && fenceWaiting) {
            owner.loop().execute(this::runFences);
        }
    }

    public boolean isPinned() {
        return pins.get() > 0;
    }

    /** Loop: from now on the peer cannot name it. */
    public void invalidate() {
        valid = false;
    }

    /**
     * Loop: waits for the pins.
     *
     * @return true when there is none left, and {@code fenced} will not run
     */
    public boolean awaitUnpinned(Runnable fenced) {
        if (pins.get() == 0) {
            return true;
        }
        if (fences == null) {
            fences = new ArrayList<>(1);
        }
        fences.add(fenced);
        fenceWaiting = true;
        if (pins.get() == 0 && fences.remove(fenced)) {
            return true;
        }
        return false;
    }

    private void runFences() {
        if (fences != null && pins.get() == 0) {
            List<Runnable> ready = fences;
            fences = null;
            ready.forEach(Runnable::run);
        }
    }
}
