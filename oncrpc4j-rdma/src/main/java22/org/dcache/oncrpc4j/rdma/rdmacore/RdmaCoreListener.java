// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rdmacore;

import java.io.IOException;
import java.net.BindException;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
import org.dcache.oncrpc4j.rdma.rdmacore.cm.CmChannel;
import org.dcache.oncrpc4j.rdma.rdmacore.cm.CmEvent;
import org.dcache.oncrpc4j.rdma.rdmacore.device.Device;
import org.dcache.oncrpc4j.rdma.rdmacore.device.RdmaCoreCounter;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.CmEventType;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.CmLayout;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.ConnectionManager;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.Errno;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.Memory;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.NativeFunction;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.SocketAddresses;
import org.dcache.oncrpc4j.rdma.verbs.ConnectionRequestHandler;
import org.dcache.oncrpc4j.rdma.verbs.HelperThread;
import org.dcache.oncrpc4j.rdma.verbs.Listener;
import org.dcache.oncrpc4j.rdma.verbs.parts.Members;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A listening id. Its events come on the channel's thread, which makes an {@link InboundRequest} of each request and leaves the rest to
 * that one's loop. At most {@code oncrpc.rdma.handshakes} may be half open; more are dropped at once. Its handshakes end with it;
 * connections do not depend on it once they are up. It ends with the device that its address belongs to, one for all addresses with the
 * adapter's last device.
 */
final class RdmaCoreListener implements Listener, CmChannel.Owner, Members.Member, DeviceRemoval.OnDevice {

    private static final Logger LOG = LoggerFactory.getLogger(RdmaCoreListener.class);

    private final RdmaCoreAdapter adapter;
    private final ConnectionRequestHandler handler;
    private final Members handshakes = new Members();
    private final InetSocketAddress address;
    private final long context;
    private long id;

    /** Binds and listens; blocks. */
    RdmaCoreListener(RdmaCoreAdapter adapter, InetSocketAddress local, int backlog, ConnectionRequestHandler handler) throws IOException {
        this.adapter = adapter;
        this.handler = handler;
        // Its events come from here on, and may ask to end it.
        synchronized (this) {
            ConnectionManager cm = adapter.libraries().cm();
            id = adapter.cmChannel().createId(this);
            if (id == 0) {
                throw new IOException("cannot listen on " + local + ": " + Errno.text(NativeFunction.errno()));
            }
            try (Memory.Block block = new Memory.Block(SocketAddresses.SIZE)) {
                adapter.setTos(id);
                if (local.getAddress() instanceof Inet6Address) {
                    Memory.putInt(block.address(), 1);
                    cm.setOption(id, CmLayout.Option.AFONLY, block.address(), 4);
                }
                SocketAddresses.write(local, block.address());
                if (cm.bindAddr(id, block.address()) != 0 || cm.listen(id, backlog) != 0) {
                    int errno = NativeFunction.errno();
                    destroy();
                    throw new BindException("cannot listen on " + local + " for RDMA: " + Errno.text(errno));
                }
            }
            context = Memory.getLong(id + CmLayout.Id.VERBS);
            if (context != 0 && adapter.device(context) == null) {
                destroy();
                throw new BindException("cannot listen on " + local
                        + " for RDMA: it belongs to an RDMA device that is not used, see oncrpc.rdma.device");
            }
            InetSocketAddress bound = SocketAddresses.read(id + CmLayout.Id.SOURCE);
            address = bound != null ? new InetSocketAddress(local.getAddress(), bound.getPort()) : local;
        }
    }

    @Override
    public InetSocketAddress localAddress() {
        return address;
    }

    @Override
    public void onCmEvent(CmEvent event) {
        if (event.type() == CmEventType.CONNECT_REQUEST) {
            adapter.counters().increment(RdmaCoreCounter.CONNECT_REQUESTS);
            InboundRequest request = InboundRequest.of(adapter, handshakes, handler, event);
            if (handshakes.count() >= adapter.settings().handshakes()) {
                adapter.counters().increment(RdmaCoreCounter.REFUSED_HALF_OPEN);
                request.refuse();
            } else if (request.join()) {
                request.start();
            } else {
                request.refuse();
            }
        } else if (event.type() == CmEventType.DEVICE_REMOVAL) {
            adapter.control().execute(this::removed);
        } else {
            LOG.warn("listening on {}: {}", address, event.type());
        }
    }

    @Override
    public void close() {
        stop();
        if (!HelperThread.isLoop()) {
            handshakes.close(() -> {});
        }
    }

    private void stop() {
        destroy();
        handshakes.end();
        adapter.members().remove(this);
    }

    private synchronized void destroy() {
        if (id != 0) {
            adapter.cmChannel().destroyId(id);
            id = 0;
        }
    }

    /** Control: its device is. Whoever began the removal may have looked for listeners before this one was known. */
    private void removed() {
        long on;
        synchronized (this) {
            on = context;
        }
        if (on != 0) {
            adapter.deviceRemoved(on);
        }
        stop();
    }

    @Override
    public void adapterClosed() {
        stop();
    }

    @Override
    public void deviceRemoved(Device device) {
        if (context == device.context() || !adapter.hasDevice()) {
            LOG.warn("no longer listening on {}: the RDMA device {} was removed", address, device.name());
            adapter.control().execute(this::stop);
        }
    }
}
