// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.xprt.requester;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.dcache.oncrpc4j.rdma.xprt.link.SendListener;
import org.dcache.oncrpc4j.rdma.xprt.memory.Regbuf;

/**
 * The NULL call that flushes one-way calls (RFC 5531, section 8: a batch is ended by a call that is answered): its bytes, and who waits for
 * its reply, which is nobody: that it came is all that counts, even when it denies the call.
 */
final class FlushListener implements ReplyListener, SendListener {

    static final FlushListener INSTANCE = new FlushListener();

    /** A reply to it has two words of state, a verifier of at most 408 bytes and, if refused, two words more. */
    static final int LARGEST_REPLY = 512;

    private static final int RPC_VERSION = 2;

    private FlushListener() {}

    /**
     * The call, with AUTH_NONE (RFC 5531, section 9).
     *
     * @param program program in the upper half, version in the lower
     */
    static ByteBuffer call(int xid, long program) {
        return ByteBuffer.allocate(10 * Integer.BYTES).putInt(0, xid).putInt(8, RPC_VERSION).putLong(12, program);
    }

    @Override
    public void locate(ByteBuffer reduced, int[] lengths, int count, int[] positions) {}

    @Override
    public void replied(ByteBuffer message, Regbuf memory) {
        if (memory != null) {
            memory.release();
        }
    }

    @Override
    public void failed(IOException cause) {}

    @Override
    public void sent(int bytes) {}

    @Override
    public void failed(IOException cause, boolean mustNotBlock) {}
}
