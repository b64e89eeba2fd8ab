// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.spi;

/** What a binding finds out about a call. */
public interface CallPlan {

    /** An eligible argument: {@code length} bytes of data at {@code position}, behind its count word, without pad. In order. */
    void eligibleArgument(int position, int length);

    /**
     * An argument that is not eligible, but that clients in the field move by a Read chunk all the same: taken from them, never done by us.
     */
    default void toleratedArgument(int position, int length) {}

    /** The binding cannot read the call from this position on: a Read chunk there is nobody's fault. */
    default void unreadableFrom(int position) {}

    /** The reply may bring an eligible result of at most this many bytes; once for each, in the order of the results. */
    void expectResult(int maxLength);

    /**
     * The reply, from the xid on, without the eligible results, is never longer than this. Not called: unknown, so that the
     * transport must offer {@code oncrpc.rdma.max-reply}.
     */
    void replyBound(int bytes);
}
