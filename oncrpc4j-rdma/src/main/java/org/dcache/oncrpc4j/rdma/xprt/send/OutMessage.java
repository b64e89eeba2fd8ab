// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.xprt.send;

import java.nio.ByteBuffer;
import java.util.Arrays;
import org.dcache.oncrpc4j.rdma.verbs.MemoryRegion;
import org.dcache.oncrpc4j.rdma.xprt.memory.Regbuf;
import org.dcache.oncrpc4j.rdma.xprt.memory.RegbufPool;

/**
 * An RPC message on its way out: one XDR stream in one or more pieces of memory, with the data items in it that may be moved by direct
 * data placement.
 *
 * <p>Reusable; belongs to its {@link SendContext} and to whoever owns that. The pieces stay where they are until {@link #release()}.
 */
public final class OutMessage {

    private static final Runnable[] NONE = new Runnable[0];

    private ByteBuffer[] pieces = new ByteBuffer[2];
    private MemoryRegion[] regions = new MemoryRegion[2];
    private int[] starts = new int[2];
    private int count;
    private int length;

    private int[] itemPositions = new int[2];
    private int[] itemLengths = new int[2];
    private boolean[] itemMoved = new boolean[2];
    private int items;

    private Runnable[] releases = NONE;
    private int releaseCount;

    /** Appends the bytes between position and limit. */
    public OutMessage add(ByteBuffer piece, MemoryRegion region) {
        if (!piece.hasRemaining()) {
            return this;
        }
        if (count == pieces.length) {
            pieces = Arrays.copyOf(pieces, count * 2);
            regions = Arrays.copyOf(regions, count * 2);
            starts = Arrays.copyOf(starts, count * 2);
        }
        pieces[count] = piece;
        regions[count] = region;
        starts[count++] = length;
        length = Math.addExact(length, piece.remaining());
        return this;
    }

    /** Names the next eligible item: data at this position of the stream, without pad. In order, not overlapping. */
    public void item(int position, int dataLength) {
        if (items == itemPositions.length) {
            itemPositions = Arrays.copyOf(itemPositions, items * 2);
            itemLengths = Arrays.copyOf(itemLengths, items * 2);
            itemMoved = Arrays.copyOf(itemMoved, items * 2);
        }
        itemPositions[items] = position;
        itemMoved[items] = false;
        itemLengths[items++] = dataLength;
    }

    public int items() {
        return items;
    }

    public int itemPosition(int index) {
        return itemPositions[index];
    }

    public int itemLength(int index) {
        return itemLengths[index];
    }

    /** Marks an item as moved: its data and pad leave the stream, see {@link #keep}. */
    public void move(int index) {
        itemMoved[index] = true;
    }

    /** Takes all {@link #move}s back. */
    public void unmove() {
        Arrays.fill(itemMoved, 0, items, false);
    }

    public boolean moved(int index) {
        return itemMoved[index];
    }

    /** Length of the stream without the moved items and their pads. */
    public int reducedLength() {
        int reduced = length;
        for (int i = 0; i < items; i++) {
            if (itemMoved[i]) {
                reduced -= padded(i);
            }
        }
        return reduced;
    }

    /** Data and pad of an item; the pad may be missing at the very end of a stream. */
    private int padded(int i) {
        return Math.min(itemLengths[i] + 3 & ~3, length - itemPositions[i]);
    }

    /** Takes the parts of the stream, in order. */
    public interface Ranges {
        void range(int from, int n);
    }

    /** Walks what is left without the moved items. */
    public void keep(Ranges ranges) {
        int from = 0;
        for (int i = 0; i < items; i++) {
            if (itemMoved[i]) {
                if (itemPositions[i] > from) {
                    ranges.range(from, itemPositions[i] - from);
                }
                from = itemPositions[i] + padded(i);
            }
        }
        if (length > from) {
            ranges.range(from, length - from);
        }
    }

    /** Copies what is left without the moved items to {@code target}, which advances. */
    public void copyKept(ByteBuffer target) {
        if (items == 0) {
            copy(0, length, target);
        } else {
            keep((from, n) -> copy(from, n, target));
        }
    }

    /**
     * Moves the pieces that the adapter cannot work with into registered memory, before parts of the message are named in work requests or
     * exposed. Nothing where {@link RegbufPool#takesHeap any memory} is good enough. Idempotent.
     */
    public void ensureRegistered(RegbufPool pool) {
        if (pool.takesHeap()) {
            return;
        }
        for (int i = 0; i < count; i++) {
            if (regions[i] == null) {
                Regbuf copy = pool.acquire(pieces[i].remaining());
                pool.copied(pieces[i].remaining());
                ByteBuffer view = copy.view(0, pieces[i].remaining());
                view.put(0, pieces[i], pieces[i].position(), pieces[i].remaining());
                pieces[i] = view;
                regions[i] = copy.region();
                onRelease(copy::release);
            }
        }
    }

    /** Whether all of it lies in registered memory. */
    public boolean isRegistered() {
        for (int i = 0; i < count; i++) {
            if (regions[i] == null) {
                return false;
            }
        }
        return true;
    }

    /**
     * Moves a message of at most this length to memory of its own, for the time that it waits: pooled memory is for what goes out. Longer
     * ones stay where they are.
     *
     * @param most bytes
     */
    public void compact(int most) {
        if (length > most || length == 0) {
            return;
        }
        ByteBuffer copy = ByteBuffer.allocate(length);
        copy(0, length, copy);
        int kept = items;
        release();
        add(copy.flip(), null);
        items = kept;
    }

    /** Forgets the items, for a message whose walk failed. */
    public void clearItems() {
        items = 0;
    }

    /** Something to run when the memory is free again; runs once, and throws nothing. */
    public void onRelease(Runnable action) {
        if (releaseCount == releases.length) {
            releases = Arrays.copyOf(releases, releaseCount + 2);
        }
        releases[releaseCount++] = action;
    }

    public int length() {
        return length;
    }

    /**
     * The big-endian word at a position of the stream.
     *
     * @throws IndexOutOfBoundsException when it is not wholly inside
     */
    public int getInt(int position) {
        if (position < 0 || position > length - Integer.BYTES) {
            throw new IndexOutOfBoundsException("word at " + position + " of " + length);
        }
        int i = pieceAt(position);
        int at = position - starts[i];
        ByteBuffer piece = pieces[i];
        if (at + Integer.BYTES <= piece.remaining()) {
            return piece.getInt(piece.position() + at);
        }
        int value = 0;
        for (int k = 0; k < Integer.BYTES; k++) {
            int j = pieceAt(position + k);
            value = value << 8 | pieces[j].get(pieces[j].position() + position + k - starts[j]) & 0xff;
        }
        return value;
    }

    private int pieceAt(int position) {
        int i = count - 1;
        while (starts[i] > position) {
            i--;
        }
        return i;
    }

    /** Copies a part of the stream to {@code target}, which advances. */
    public void copy(int from, int n, ByteBuffer target) {
        int left = n;
        for (int i = left == 0 ? count : pieceAt(from); left > 0; i++) {
            ByteBuffer piece = pieces[i];
            int at = from + n - left - starts[i];
            int part = Math.min(left, piece.remaining() - at);
            target.put(target.position(), piece, piece.position() + at, part);
            target.position(target.position() + part);
            left -= part;
        }
    }

    /** Pieces that a part of the stream lies in. */
    public int pieces(int from, int n) {
        return n == 0 ? 0 : pieceAt(from + n - 1) - pieceAt(from) + 1;
    }

    /** The view of the part of {@code [from, from + n)} that lies in its k-th piece. */
    public ByteBuffer piece(int from, int n, int k) {
        int i = pieceAt(from) + k;
        int begin = Math.max(from, starts[i]);
        int end = Math.min(from + n, starts[i] + pieces[i].remaining());
        return pieces[i].slice(pieces[i].position() + begin - starts[i], end - begin);
    }

    /** The registration of the k-th piece of a part of the stream. */
    MemoryRegion region(int from, int n, int k) {
        return regions[pieceAt(from) + k];
    }

    /** Frees the memory and empties the message. Idempotent until it is filled again. */
    void release() {
        for (int i = 0; i < releaseCount; i++) {
            Runnable action = releases[i];
            releases[i] = null;
            action.run();
        }
        releaseCount = 0;
        Arrays.fill(pieces, 0, count, null);
        Arrays.fill(regions, 0, count, null);
        count = 0;
        length = 0;
        items = 0;
    }
}
