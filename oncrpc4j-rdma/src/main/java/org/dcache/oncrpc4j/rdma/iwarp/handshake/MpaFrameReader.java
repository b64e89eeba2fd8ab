// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.iwarp.handshake;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import org.dcache.oncrpc4j.rdma.iwarp.shared.IwarpCounter;
import org.dcache.oncrpc4j.rdma.iwarp.wire.MpaFrame;

/**
 * Reads one MPA Request or Reply from a socket, and not a byte more. Loop thread only.
 *
 * <p>The socket is read into the loop's staging buffer: into heap memory the JDK would read by way of its own direct memory. A frame with
 * a wrong key, revision or length is refused as soon as it shows, so that a stranger does not get to hold a handshake; one that may be RPC
 * over TCP when that is sure.
 */
final class MpaFrameReader {

    /** What is wrong with a frame. */
    static final class BadFrameException extends IOException {
        private static final long serialVersionUID = 1L;
        private final IwarpCounter counter;

        BadFrameException(IwarpCounter counter, String message) {
            super(message);
            this.counter = counter;
        }

        IwarpCounter counter() {
            return counter;
        }
    }

    private static final int MAX_REVISION = 2;

    private final boolean reply;
    private final ByteBuffer frame = ByteBuffer.allocate(MpaFrame.HEADER_LENGTH + MpaFrame.MAX_PRIVATE_DATA);

    /** @param reply whether a Reply is expected */
    MpaFrameReader(boolean reply) {
        this(reply, ByteBuffer.allocate(0));
    }

    /** @param head what was read of the frame, less than its header */
    MpaFrameReader(boolean reply, ByteBuffer head) {
        this.reply = reply;
        frame.put(head).limit(MpaFrame.HEADER_LENGTH);
    }

    /** The frame from position 0 on, once {@link #read} said true. */
    ByteBuffer frame() {
        return frame;
    }

    /**
     * @param staging the loop's; its content is valid in this call only
     * @return whether the frame is complete
     * @throws BadFrameException when it is none that we understand
     * @throws EOFException when the peer closed
     */
    boolean read(SocketChannel channel, ByteBuffer staging) throws IOException {
        while (frame.hasRemaining()) {
            int bytes = channel.read(staging.clear().limit(frame.remaining()));
            if (bytes < 0) {
                throw new EOFException("closed after " + frame.position() + " bytes of the MPA frame");
            }
            frame.put(staging.flip());
            if (!MpaFrame.keyMatches(frame, 0, frame.position(), reply)) {
                boolean rpc = !reply && RpcOverTcpClients.begins(frame, frame.position());
                if (rpc && frame.position() < RpcOverTcpClients.KNOWN) {
                    return false;
                }
                throw new BadFrameException(rpc ? IwarpCounter.RPC_OVER_TCP : IwarpCounter.HANDSHAKE_BAD_KEY,
                        "expected the key \"MPA ID " + (reply ? "Rep" : "Req") + " Frame\", got \""
                                + MpaFrame.keyText(frame, 0, frame.position()) + "\"");
            }
            if (frame.hasRemaining()) {
                return false;
            }
            if (frame.limit() == MpaFrame.HEADER_LENGTH) {
                checkHeader();
                frame.limit(MpaFrame.HEADER_LENGTH + MpaFrame.privateDataLength(frame, 0));
            }
        }
        return true;
    }

    private void checkHeader() throws BadFrameException {
        int revision = MpaFrame.revision(frame, 0);
        if (revision > MAX_REVISION) {
            throw new BadFrameException(IwarpCounter.HANDSHAKE_BAD_REVISION,
                    "expected MPA revision 0 to " + MAX_REVISION + ", got " + revision);
        }
        int length = MpaFrame.privateDataLength(frame, 0);
        if (length > MpaFrame.MAX_PRIVATE_DATA || MpaFrame.isEnhanced(frame, 0) && length < MpaFrame.IRD_ORD_LENGTH) {
            throw new BadFrameException(IwarpCounter.HANDSHAKE_BAD_LENGTH, "private data of " + length
                    + " bytes: expected at most " + MpaFrame.MAX_PRIVATE_DATA + ", and at least "
                    + MpaFrame.IRD_ORD_LENGTH + " with revision 2");
        }
    }
}
