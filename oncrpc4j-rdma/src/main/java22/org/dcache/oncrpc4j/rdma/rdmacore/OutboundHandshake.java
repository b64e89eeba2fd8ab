// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rdmacore;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.NoRouteToHostException;
import org.dcache.oncrpc4j.rdma.rdmacore.cm.CmEvent;
import org.dcache.oncrpc4j.rdma.rdmacore.cm.CmId;
import org.dcache.oncrpc4j.rdma.rdmacore.cm.ConnParams;
import org.dcache.oncrpc4j.rdma.rdmacore.device.Device;
import org.dcache.oncrpc4j.rdma.rdmacore.device.RdmaCoreCounter;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.CmLayout;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.Errno;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.Libc;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.Memory;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.NativeFunction;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.SocketAddresses;
import org.dcache.oncrpc4j.rdma.rdmacore.loop.Loop;
import org.dcache.oncrpc4j.rdma.verbs.ConnectListener;
import org.dcache.oncrpc4j.rdma.verbs.ConnectOptions;
import org.dcache.oncrpc4j.rdma.verbs.ConnectionInfo;
import org.dcache.oncrpc4j.rdma.verbs.QueuePairHandler;
import org.dcache.oncrpc4j.rdma.verbs.error.AdapterClosedException;
import org.dcache.oncrpc4j.rdma.verbs.error.HandshakeException;
import org.dcache.oncrpc4j.rdma.verbs.error.HandshakeTimeoutException;
import org.dcache.oncrpc4j.rdma.verbs.error.PeerRejectedException;
import org.dcache.oncrpc4j.rdma.verbs.error.VerbsException;
import org.dcache.oncrpc4j.rdma.verbs.parts.Members;
import org.dcache.oncrpc4j.rdma.verbs.parts.Timer;

/**
 * Connects: id, address, route, queue pair with receives, connect, answer. Each step is a call on a control thread and an event that comes
 * back to the loop, where the state lives. Its outcome is told once; a step that was under way when it failed finds that out and goes no
 * further. A queue pair that was made for nothing is destroyed before the id.
 */
final class OutboundHandshake implements CmId.Holder, Members.Member {

    /** Who asked hears of a failure after this time, also when a call of librdmacm still waits. */
    private static final long TELL_MILLIS = 1000;

    private final RdmaCoreAdapter adapter;
    private final InetSocketAddress remote;
    private final ConnectOptions options;
    private final QueuePairHandler handler;
    private final ConnectListener listener;
    private final CmId id;
    private final Loop loop;

    // of the loop
    private boolean over;
    private boolean told;
    private Timer timer;

    // of the id's control tasks
    private NativeQueuePair pair;
    private RdmaCoreQueuePair queuePair;
    private int inboundReads;
    private int outboundReads;
    private volatile boolean abandoned;

    OutboundHandshake(RdmaCoreAdapter adapter, InetSocketAddress remote, ConnectOptions options, QueuePairHandler handler,
            ConnectListener listener) {
        this.adapter = adapter;
        this.remote = remote;
        this.options = options;
        this.handler = handler;
        this.listener = listener;
        this.loop = adapter.nextLoop();
        this.id = new CmId(adapter.cmChannel(), loop, adapter.control(), this);
    }

    void start() {
        loop.execute(() -> {
            if (!over) {
                timer = loop.schedule(options.timeoutMillis(), () -> {
                    adapter.counters().increment(RdmaCoreCounter.HANDSHAKE_TIMEOUT);
                    fail(new HandshakeTimeoutException("no connection to " + remote + " within " + options.timeoutMillis()
                            + " ms: is RDMA served on this port, and does a firewall let it through?"));
                });
            }
        });
        step(this::resolveAddress);
    }

    /** What a step that failed says. */
    private static final class StepFailed extends Exception {

        private static final long serialVersionUID = 1L;

        private final transient IOException cause;

        StepFailed(IOException cause) {
            super(null, null, false, false);
            this.cause = cause;
        }
    }

    private interface Step {
        void run() throws StepFailed, VerbsException;
    }

    private void step(Step step) {
        id.control(() -> {
            if (abandoned) {
                return;
            }
            try {
                step.run();
            } catch (StepFailed e) {
                loop.execute(() -> failCounted(e.cause));
            } catch (VerbsException e) {
                loop.execute(() -> failCounted(e));
            } catch (RuntimeException | Error e) {
                loop.execute(() -> failCounted(new HandshakeException("cannot connect to " + remote + ": " + e, e)));
            }
        });
    }

    private int millis() {
        return (int) Math.min(options.timeoutMillis(), Integer.MAX_VALUE);
    }

    private void resolveAddress() throws StepFailed {
        if (remote.isUnresolved()) {
            throw new StepFailed(new java.net.UnknownHostException(remote.getHostString()));
        }
        int errno = id.create();
        if (errno != 0) {
            throw new StepFailed(new HandshakeException("no connection id: " + Errno.text(errno)));
        }
        try (Memory.Block block = new Memory.Block(2 * SocketAddresses.SIZE)) {
            adapter.setTos(id.address());
            long source = 0;
            if (options.local() != null) {
                source = block.address() + SocketAddresses.SIZE;
                SocketAddresses.write(options.local(), source);
            }
            SocketAddresses.write(remote, block.address());
            if (adapter.libraries().cm().resolveAddr(id.address(), source, block.address(), millis()) != 0) {
                throw new StepFailed(unreachable("resolve the address of", NativeFunction.errno()));
            }
        }
    }

    private void resolveRoute() throws StepFailed {
        if (adapter.libraries().cm().resolveRoute(id.address(), millis()) != 0) {
            throw new StepFailed(unreachable("find a route to", NativeFunction.errno()));
        }
    }

    private void connect() throws StepFailed, VerbsException {
        Device device = adapter.device(id.context());
        if (device == null) {
            throw new HandshakeException(remote + " is reached by an RDMA device that is not used: see oncrpc.rdma.device");
        }
        RdmaCoreQueuePair made = new RdmaCoreQueuePair(adapter, id, handler);
        queuePair = made;
        pair = NativeQueuePair.open(adapter, device, id, made, options, false);
        made.open(pair);
        inboundReads = Math.min(options.inboundReads(), device.inboundReads());
        outboundReads = Math.min(options.outboundReads(), device.outboundReads());
        try (ConnParams params = new ConnParams(options, inboundReads, outboundReads, false)) {
            if (adapter.libraries().cm().connect(id.address(), params.address()) != 0) {
                throw new StepFailed(unreachable("connect to", NativeFunction.errno()));
            }
        }
    }

    private IOException unreachable(String what, int errno) {
        String text = "cannot " + what + " " + remote + ": " + Errno.text(errno);
        return switch (Math.abs(errno)) {
            case Libc.ECONNREFUSED -> new ConnectException("Connection refused: " + remote);
            case Libc.ETIMEDOUT -> new HandshakeTimeoutException(text);
            case Libc.ENODEV, Libc.ENETUNREACH, Libc.EHOSTUNREACH -> new NoRouteToHostException(text + "; no RDMA device leads there");
            default -> new HandshakeException(text);
        };
    }

    @Override
    public void onCmEvent(CmEvent event) {
        if (over) {
            return;
        }
        switch (event.type()) {
            case ADDR_RESOLVED -> step(this::resolveRoute);
            case ROUTE_RESOLVED -> step(this::connect);
            case ESTABLISHED -> established(event);
            case ADDR_ERROR -> failCounted(unreachable("resolve the address of", event.status()));
            case ROUTE_ERROR -> failCounted(unreachable("find a route to", event.status()));
            case UNREACHABLE -> failCounted(event.status() == 0 ? new HandshakeTimeoutException(remote + " does not answer")
                    : unreachable("connect to", event.status()));
            case REJECTED -> rejected(event);
            case DEVICE_REMOVAL -> failCounted(adapter.deviceRemoved(id.context()));
            case CONNECT_ERROR, DISCONNECTED, ADDR_CHANGE -> failCounted(new HandshakeException("the handshake with " + remote + " failed: "
                    + event.type() + (event.status() == 0 ? "" : ", " + Errno.text(event.status()))));
            default -> {
                // Nothing that concerns a handshake.
            }
        }
    }

    private void rejected(CmEvent event) {
        // siw (siw_proc_mpareply) says ECONNRESET of an MPA Reply that rejects, as of a connection that ends before its reply; cards say
        // ECONNREFUSED.
        boolean reset = event.status() == -Libc.ECONNRESET;
        boolean refused = event.status() == CmLayout.Reject.CONSUMER || event.status() == -Libc.ECONNREFUSED || reset;
        if (event.status() == CmLayout.Reject.INVALID_SERVICE_ID) {
            failCounted(new ConnectException("Connection refused: " + remote));
        } else if (refused) {
            adapter.counters().increment(RdmaCoreCounter.PEER_REJECTED);
            fail(new PeerRejectedException(remote + " refuses the connection" + (reset ? ", or closed it during the handshake" : ""),
                    event.privateData()));
        } else {
            failCounted(new HandshakeException("the handshake with " + remote + " was rejected by its connection manager, reason "
                    + event.status()
                    + (event.status() == CmLayout.Reject.STALE_CONNECTION ? ": a connection of before is not over yet, try again" : "")));
        }
    }

    private void established(CmEvent event) {
        end();
        RdmaCoreQueuePair up = queuePair;
        up.info(new ConnectionInfo(RdmaCoreProvider.NAME, id.local(), remote, event.privateData(),
                Math.min(inboundReads, event.inboundReads()),
                Math.min(outboundReads, event.outboundReads()), false, adapter.detail(up.device(), pair)));
        adapter.members().replace(this, up);
        up.established();
        up.connected(listener);
    }

    private void end() {
        over = true;
        if (timer != null) {
            timer.cancel();
        }
    }

    private void failCounted(IOException cause) {
        if (!over) {
            adapter.counters().increment(RdmaCoreCounter.HANDSHAKE_FAILED);
            fail(cause);
        }
    }

    private void fail(IOException cause) {
        if (over) {
            return;
        }
        end();
        abandoned = true;
        id.control(() -> {
            if (pair != null) {
                adapter.destroyed(pair.address());
                pair.destroy();
                pair.sends().fail();
                pair.receives().drop();
            }
        });
        // siw connects inside a call, which may wait for minutes: who asked does not.
        loop.schedule(TELL_MILLIS, () -> tell(cause));
        id.destroy(() -> loop.execute(() -> {
            try {
                tell(cause);
            } finally {
                adapter.members().remove(this);
            }
        }));
    }

    private void tell(IOException cause) {
        if (!told) {
            told = true;
            listener.failed(cause);
        }
    }

    @Override
    public void adapterClosed() {
        loop.execute(() -> fail(new AdapterClosedException("the rdma-core adapter was closed")));
    }
}
