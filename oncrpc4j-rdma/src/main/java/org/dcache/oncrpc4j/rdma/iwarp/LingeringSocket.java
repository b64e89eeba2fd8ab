// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.iwarp;

import java.io.IOException;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import org.dcache.oncrpc4j.rdma.iwarp.loop.EventLoop;
import org.dcache.oncrpc4j.rdma.verbs.parts.Members;
import org.dcache.oncrpc4j.rdma.verbs.parts.Timer;

/**
 * The socket of a connection that has ended in good order: our FIN is out, and the peer may still be sending. Loop thread only.
 *
 * <p>Closing it now would make the system answer with a reset, which can overtake and destroy our last messages or the Terminate. So what
 * comes is thrown away until the peer closes as well, its time is over, or the adapter is closed. Nobody is told of anything any more.
 */
final class LingeringSocket implements EventLoop.Handler, Members.Member {

    private static final long LINGER_MILLIS = 2000;

    private final IwarpAdapter adapter;
    private final EventLoop loop;
    private final SocketChannel channel;
    private final SelectionKey key;
    private Timer timer;

    LingeringSocket(IwarpAdapter adapter, EventLoop loop, SocketChannel channel, SelectionKey key) {
        this.adapter = adapter;
        this.loop = loop;
        this.channel = channel;
        this.key = key;
    }

    void start() {
        if (!adapter.members().add(this)) {
            close();
            return;
        }
        timer = loop.schedule(LINGER_MILLIS, this::close);
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
        IwarpQueuePair.close(channel);
        adapter.members().remove(this);
    }
}
