// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfs;

import org.dcache.oncrpc4j.rdma.spi.XdrView;

/**
 * A position in an XDR stream that moves forward only, past one item after the other (RFC 4506). It tells its {@link Items} of those that
 * are DDP-eligible.
 *
 * <p>Belongs to one walk on one thread. Every length is checked before it is used: whatever the bytes are, a walk stays inside the message
 * or ends with {@link IndexOutOfBoundsException}, and each word is read at most once.
 */
final class XdrWalk {

    /** Takes eligible items; {@code ResultVisitor} says what its result means. */
    @FunctionalInterface
    interface Items {
        boolean item(int position, int length);
    }

    private final XdrView view;
    private final Items items;
    private final Items tolerated;
    private final ReplyBound reply;
    private int position;

    /** @param reply collects what the arguments say of the reply's size; null in a walk over results */
    XdrWalk(XdrView view, int offset, Items items, ReplyBound reply) {
        this(view, offset, items, (at, length) -> false, reply);
    }

    /** @param tolerated takes the items of {@link #movable}; what it returns does not matter */
    XdrWalk(XdrView view, int offset, Items items, Items tolerated, ReplyBound reply) {
        this.view = view;
        this.position = offset;
        this.items = items;
        this.tolerated = tolerated;
        this.reply = reply;
    }

    /** Where the walk is, in bytes from the start of the message. */
    int position() {
        return position;
    }

    ReplyBound reply() {
        return reply;
    }

    boolean atEnd() {
        return position == view.length();
    }

    int word() {
        int value = view.getInt(position);
        position += Integer.BYTES;
        return value;
    }

    /** An unsigned int. */
    long count() {
        return Integer.toUnsignedLong(word());
    }

    boolean flag() {
        return word() != 0;
    }

    /** Passes items of fixed size. */
    void skip(int bytes) {
        require(bytes);
        position += bytes;
    }

    /** Passes a counted opaque or string; returns its length without pad. */
    int opaque() {
        int length = length();
        passData(length);
        return length;
    }

    /** Passes an opaque whose data is eligible; its count word is not part of it [7]. */
    void data() {
        int length = length();
        if (reply != null) {
            require(length);
        }
        if (!items.item(position, length)) {
            passData(length);
        }
    }

    /** Passes an opaque that is not eligible, but that some clients move all the same. */
    void movable() {
        int length = length();
        require(length);
        tolerated.item(position, length);
        passData(length);
    }

    private int length() {
        int length = word();
        if (length < 0) {
            throw beyond(Integer.toUnsignedLong(length));
        }
        return length;
    }

    /** Data and pad; a pad that is cut off at the very end is forgiven. */
    private void passData(int length) {
        require(length);
        position += (int) Math.min(length + 3L & ~3L, view.length() - position);
    }

    private void require(int bytes) {
        if (bytes > view.length() - position) {
            throw beyond(bytes);
        }
    }

    private IndexOutOfBoundsException beyond(long bytes) {
        return new IndexOutOfBoundsException(bytes + " bytes at " + position + " of " + view.length());
    }
}
