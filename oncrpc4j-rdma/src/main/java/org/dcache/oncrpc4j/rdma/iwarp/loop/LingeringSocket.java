// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.iwarp.loop;

import java.io.IOException;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import org.dcache.oncrpc4j.rdma.verbs.parts.Members;
import org.dcache.oncrpc4j.rdma.verbs.parts.Timer;

/**
 * A socket that is not to be closed yet: of a connection that has ended in good order, whose FIN is out and whose peer may still be
 * sending; or of a client that speaks RPC over TCP. Loop thread only.
 *
 * <p>Closing the first now would make the system answer with a reset, which can overtake and destroy our last messages or the Terminate. So
 * what comes is thrown away until the peer closes as well, its time is over, or the adapter or the listener is closed. Nobody is told of
 * anything any more.
 */
public final class LingeringSocket implements EventLoop.Handler, Members.Member {

    private final EventLoop loop;
    private final SocketChannel channel;
    private final SelectionKey key;
    private final long millis;
    private final Members[] members;
    private Timer timer;

    /** @param members it is one of each of these, and ends with the first that closes */
    public LingeringSocket(EventLoop loop, SocketChannel channel, SelectionKey key, long millis, Members... members) {
        this.loop = loop;
        this.channel = channel;
        this.key = key;
        this.millis = millis;
        this.members = members;
    }

    public void start() {
        for (Members each : members) {
            if (!each.add(this)) {
                close();
                return;
            }
        }
        timer = loop.schedule(millis, this::close);
        key.attach(this);
        key.interestOps(SelectionKey.OP_READ);
    }

    @Override
    public void ready(int operations) {
        try {
            if (channel.read(loop.staging().clear()) >= 0) {
                return;
            }
        } catch (IOException e) {
            // Reset by the peer: over as well.
        }
        close();
    }

    @Override
    public void adapterClosed() {
        loop.execute(this::close);
    }

    private void close() {
        if (timer != null) {
            timer.cancel();
        }
        key.cancel();
        EventLoop.close(channel);
        for (Members each : members) {
            each.remove(this);
        }
    }
}
