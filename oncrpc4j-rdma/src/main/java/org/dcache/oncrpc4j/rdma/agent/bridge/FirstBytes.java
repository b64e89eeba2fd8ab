// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.agent.bridge;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import org.dcache.oncrpc4j.rdma.spi.RpcEndpoint;
import org.glassfish.grizzly.Buffer;
import org.glassfish.grizzly.CompletionHandler;
import org.glassfish.grizzly.Connection;
import org.glassfish.grizzly.ConnectionProbe;
import org.glassfish.grizzly.Context;
import org.glassfish.grizzly.EmptyCompletionHandler;
import org.glassfish.grizzly.IOEvent;
import org.glassfish.grizzly.IOEventLifeCycleListener;
import org.glassfish.grizzly.Processor;
import org.glassfish.grizzly.ProcessorResult;
import org.glassfish.grizzly.ReadResult;
import org.glassfish.grizzly.WriteResult;
import org.glassfish.grizzly.asyncqueue.MessageCloner;
import org.glassfish.grizzly.filterchain.FilterChain;
import org.glassfish.grizzly.filterchain.FilterChainContext;
import org.glassfish.grizzly.nio.NIOConnection;
import org.glassfish.grizzly.nio.NIOTransport;
import org.glassfish.grizzly.nio.SelectorHandler;
import org.glassfish.grizzly.nio.SelectorRunner;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Processes one accepted TCP connection until its first bytes say what it is.
 *
 * <p>It reads them itself, at most {@link #MOST}. If they are of RPC or TLS, the service's filter chain gets them and is the connection's
 * processor from then on: nothing of this is left. If they are the endpoint's, the channel leaves Grizzly: in a task of its selector the
 * key is cancelled and the connection forgets selector and key; in a second one, for which the selector has selected once more and so
 * dropped the key, the endpoint gets the channel. Hence Grizzly cannot close it any more, whenever it stops; if it stops before, the
 * channel is closed. Grizzly's connection is never closed, as that would close the channel, and its close probes would fail all calls of
 * the service; nobody refers to it any more. Who has sent nothing is a TCP connection like any other; who has sent a beginning that may be
 * the endpoint's is taken, and meets the endpoint's limits.
 *
 * <p>Called by Grizzly: one thread at a time for events of one connection.
 */
@SuppressWarnings({"deprecation", "rawtypes", "unchecked"})
final class FirstBytes implements Processor<Context> {

    /** As many as RDMA over TCP needs to be told from other protocols; so that no byte is read that is the endpoint's own. */
    private static final int MOST = 16;

    private static final Logger LOG = LoggerFactory.getLogger(FirstBytes.class);

    private final NIOConnection connection;
    private final FilterChain service;
    private final RpcEndpoint endpoint;
    private volatile boolean leaves;

    private FirstBytes(NIOConnection connection, FilterChain service, RpcEndpoint endpoint) {
        this.connection = connection;
        this.service = service;
        this.endpoint = endpoint;
    }

    /** A connection that was just accepted. One whose processor is not what oncrpc4j makes stays as it is. */
    static void watch(Connection accepted, RpcEndpoint endpoint) {
        if (accepted instanceof NIOConnection connection && connection.getProcessor() instanceof FilterChain service
                && service.size() > 1) {
            connection.setProcessor(new FirstBytes(connection, service, endpoint));
        }
    }

    /** Keeps the listener that wants to know of the end of the event, for who goes on with it; never goes into Grizzly's caches. */
    private static final class Event extends Context {

        private IOEventLifeCycleListener listener;

        @Override
        public void addLifeCycleListener(IOEventLifeCycleListener added) {
            super.addLifeCycleListener(added);
            listener = added;
        }

        @Override
        public void recycle() {
            reset();
        }
    }

    @Override
    public Context obtainContext(Connection ours) {
        Context context = new Event();
        context.setConnection(ours);
        context.setProcessor(this);
        return context;
    }

    @Override
    public ProcessorResult process(Context event) {
        if (leaves) {
            return ProcessorResult.createLeave();
        }
        if (event.getIoEvent() != IOEvent.READ) {
            return goOn(event, service.obtainContext(connection));
        }
        ByteBuffer head = ByteBuffer.allocate(MOST);
        int bytes = read(head);
        if (bytes == 0) {
            return ProcessorResult.createComplete();
        }
        head.flip();
        if (bytes > 0 && endpoint.begins(head)) {
            leave(head);
            return ProcessorResult.createLeave();
        }
        connection.setProcessor(service);
        if (bytes < 0) {
            // The chain reads the end again, and knows what to do.
            return goOn(event, service.obtainContext(connection));
        }
        // Behind the filter that reads.
        FilterChainContext context = service.obtainFilterChainContext(connection, 1, service.size(), 1);
        Buffer message = connection.getMemoryManager().allocate(bytes);
        message.put(head);
        message.flip();
        context.setMessage(message);
        context.setAddress(connection.getPeerAddress());
        return goOn(event, context.getInternalContext());
    }

    private int read(ByteBuffer head) {
        try {
            return ((SocketChannel) connection.getChannel()).read(head);
        } catch (IOException e) {
            return -1;
        }
    }

    private static ProcessorResult goOn(Context event, Context next) {
        next.setIoEvent(event.getIoEvent());
        if (event instanceof Event ours && ours.listener != null) {
            next.addLifeCycleListener(ours.listener);
        }
        return ProcessorResult.createRerun(next);
    }

    private void leave(ByteBuffer head) {
        leaves = true;
        SocketChannel channel = (SocketChannel) connection.getChannel();
        SelectorHandler handler = ((NIOTransport) connection.getTransport()).getSelectorHandler();
        SelectorRunner runner = connection.getSelectorRunner();
        CompletionHandler<SelectorHandler.Task> closing = new EmptyCompletionHandler<>() {
            @Override
            public void failed(Throwable cause) {
                LOG.debug("{} could not leave Grizzly: {}", connection, cause.toString());
                close(channel);
            }
        };
        try {
            connection.disableIOEvent(IOEvent.READ);
        } catch (IOException | RuntimeException e) {
            closing.failed(e);
            return;
        }
        handler.enque(runner, () -> {
            connection.detachSelectorRunner();
            handler.enque(runner, () -> {
                forgotten();
                if (!endpoint.take(channel, head)) {
                    close(channel);
                }
                return true;
            }, closing);
            return true;
        }, closing);
    }

    /** Grizzly's own probes, where it shows its connections by JMX, must not wait for the end of this one. */
    private void forgotten() {
        for (ConnectionProbe probe : connection.getMonitoringConfig().getProbes()) {
            if (probe.getClass().getName().startsWith("org.glassfish.grizzly.")) {
                probe.onCloseEvent(connection);
            }
        }
    }

    private static void close(SocketChannel channel) {
        try {
            channel.close();
        } catch (IOException e) {
            LOG.debug("cannot close a socket", e);
        }
    }

    @Override
    public boolean isInterested(IOEvent event) {
        return true;
    }

    @Override
    public void setInterested(IOEvent event, boolean isInterested) {
        service.setInterested(event, isInterested);
    }

    @Override
    public void read(Connection ours, CompletionHandler<ReadResult> handler) {
        service.read(ours, handler);
    }

    @Override
    public void write(Connection ours, Object address, Object message, CompletionHandler<WriteResult> handler) {
        service.write(ours, address, message, handler);
    }

    @Override
    public void write(Connection ours, Object address, Object message, CompletionHandler<WriteResult> handler, MessageCloner cloner) {
        service.write(ours, address, message, handler, cloner);
    }

    @Override
    public void write(Connection ours, Object address, Object message, CompletionHandler<WriteResult> handler,
            org.glassfish.grizzly.asyncqueue.PushBackHandler pushBack) {
        service.write(ours, address, message, handler, pushBack);
    }
}
