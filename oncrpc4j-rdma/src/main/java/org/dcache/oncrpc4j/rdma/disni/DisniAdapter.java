// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.disni;

import com.ibm.disni.verbs.IbvContext;
import com.ibm.disni.verbs.RdmaCmId;
import com.ibm.disni.verbs.impl.NatObject;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.dcache.oncrpc4j.rdma.metrics.Counters;
import org.dcache.oncrpc4j.rdma.sysfs.SysfsDevice;
import org.dcache.oncrpc4j.rdma.verbs.Adapter;
import org.dcache.oncrpc4j.rdma.verbs.Capabilities;
import org.dcache.oncrpc4j.rdma.verbs.ConnectListener;
import org.dcache.oncrpc4j.rdma.verbs.ConnectOptions;
import org.dcache.oncrpc4j.rdma.verbs.ConnectionInfo;
import org.dcache.oncrpc4j.rdma.verbs.ConnectionRequestHandler;
import org.dcache.oncrpc4j.rdma.verbs.Listener;
import org.dcache.oncrpc4j.rdma.verbs.MemoryBudget;
import org.dcache.oncrpc4j.rdma.verbs.MemoryRegion;
import org.dcache.oncrpc4j.rdma.verbs.QueuePairHandler;
import org.dcache.oncrpc4j.rdma.verbs.error.AdapterClosedException;
import org.dcache.oncrpc4j.rdma.verbs.error.HandshakeException;
import org.dcache.oncrpc4j.rdma.verbs.error.ProviderUnavailableException;
import org.dcache.oncrpc4j.rdma.verbs.error.VerbsException;
import org.dcache.oncrpc4j.rdma.verbs.parts.Members;
import org.dcache.oncrpc4j.rdma.verbs.parts.ReceiveShare;
import org.dcache.oncrpc4j.rdma.verbs.parts.TaskLoop;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All RDMA devices that librdmacm finds, by way of DiSNI, opened for one user.
 *
 * <p>Threads: one for the events of the connection manager, one for jobs, which is whatever blocks or must not meet its like (every call
 * for an identifier, registrations that end, connections that come and go, handshakes), and two for each {@link Poller}. Everything that
 * can call back is one of its {@link Members} from before until after; {@link #close} tells each of them and waits until none is left, then
 * ends the threads and frees the rest: pollers, domains, the event channel.
 */
public final class DisniAdapter implements Adapter {

    private static final Logger LOG = LoggerFactory.getLogger(DisniAdapter.class);

    private final Counters counters = Counters.process().child();
    private final MemoryBudget memory;
    private final ReceiveShare receives;
    private final int handshakes;
    private final long handshakeTimeoutMillis;
    private final ConnectionManager manager;
    private final TaskLoop jobs = new TaskLoop("rdma-disni jobs");
    private final Map<Long, Device> devices = new HashMap<>();
    private final Set<Domain> domains = ConcurrentHashMap.newKeySet();
    private final Members members = new Members();

    private DisniAdapter(int handshakes, long handshakeTimeoutMillis, MemoryBudget memory) throws IOException {
        this.memory = memory;
        this.receives = new ReceiveShare(memory);
        this.handshakes = handshakes;
        this.handshakeTimeoutMillis = handshakeTimeoutMillis;
        this.manager = new ConnectionManager(counters);
        try {
            jobs.start();
        } catch (RuntimeException | Error e) {
            manager.close();
            throw e;
        }
    }

    /**
     * @param handshakes that peers may have under way with a listener
     * @param handshakeTimeoutMillis how long one may take
     */
    static DisniAdapter open(int handshakes, long handshakeTimeoutMillis, MemoryBudget memory) throws VerbsException {
        try {
            return new DisniAdapter(handshakes, handshakeTimeoutMillis, memory);
        } catch (IOException e) {
            throw new ProviderUnavailableException("disni: the connection manager cannot be opened: " + e.getMessage().strip(), e);
        }
    }

    @Override
    public String provider() {
        return DisniProvider.NAME;
    }

    @Override
    public MemoryBudget memory() {
        return memory;
    }

    @Override
    public Capabilities capabilities() {
        return DisniProvider.CAPABILITIES;
    }

    /** What this adapter's listeners and connections counted. */
    public Counters counters() {
        return counters;
    }

    ConnectionManager manager() {
        return manager;
    }

    /** What the receives of its connections take of its memory. */
    ReceiveShare receives() {
        return receives;
    }

    int handshakes() {
        return handshakes;
    }

    long handshakeTimeoutMillis() {
        return handshakeTimeoutMillis;
    }

    TaskLoop jobs() {
        return jobs;
    }

    /** Runs a job after those before it; what it throws is logged. Any thread; nothing happens when the adapter has closed. */
    void job(Runnable job) {
        jobs.execute(job);
    }

    /** The device that an identifier has found. On the job thread. */
    Device device(RdmaCmId id) throws IOException {
        IbvContext context = id.getVerbs();
        if (context == null) {
            throw new HandshakeException("the connection has no RDMA device");
        }
        long key = ((NatObject) context).getObjId();
        synchronized (devices) {
            Device device = devices.get(key);
            if (device == null) {
                Optional<SysfsDevice> listed = SysfsDevice.of(context.getCmd_fd());
                if (listed.isPresent() && listed.get().iwarp()) {
                    throw new HandshakeException("the connection's device is " + DisniProbe.whyNot(listed.get()));
                }
                device = new Device(context, "device " + (devices.size() + 1), counters, domains);
                devices.put(key, device);
            }
            return device;
        }
    }

    ConnectionInfo info(RdmaCmId id, InetSocketAddress remote, ConnectOptions options) throws IOException {
        return info((InetSocketAddress) id.getSource(), remote, options);
    }

    /** How many Reads the peer takes cannot be learned; what our side was told to use at most must do. */
    ConnectionInfo info(InetSocketAddress local, InetSocketAddress remote, ConnectOptions options) {
        return new ConnectionInfo(provider(), local, remote, new byte[0], options.inboundReads(), options.outboundReads(), false,
                "DiSNI 2.1");
    }

    @Override
    public MemoryRegion register(ByteBuffer direct) throws VerbsException {
        DisniRegion region = new DisniRegion(direct, this::allDomains);
        List<Device> known;
        synchronized (devices) {
            known = List.copyOf(devices.values());
        }
        for (Device device : known) {
            device.shared().lkey(region);
        }
        return region;
    }

    private Collection<Domain> allDomains() {
        return domains;
    }

    @Override
    public Listener listen(InetSocketAddress local, int backlog, ConnectionRequestHandler handler) throws IOException {
        if (members.isClosing()) {
            throw new AdapterClosedException("cannot listen on " + local + ": the DiSNI adapter is closed");
        }
        DisniListener listener = new DisniListener(this, local, backlog, handler);
        if (!members.add(listener)) {
            listener.close();
            throw new AdapterClosedException("cannot listen on " + local + ": the DiSNI adapter is closed");
        }
        return listener;
    }

    @Override
    public void connect(InetSocketAddress remote, ConnectOptions options, QueuePairHandler handler, ConnectListener listener) {
        if (!(remote.getAddress() instanceof Inet4Address)) {
            listener.failed(new HandshakeException("cannot connect to " + remote + ": DiSNI knows resolved IPv4 addresses only"));
            return;
        }
        Dialling dialling = new Dialling(this, remote, options, handler, listener);
        if (members.add(dialling)) {
            dialling.start();
        } else {
            listener.failed(new AdapterClosedException("cannot connect to " + remote + ": the DiSNI adapter is closed"));
        }
    }

    /** Its listeners, handshakes and connections. */
    Members members() {
        return members;
    }

    @Override
    public void close() {
        if (inLoop()) {
            throw new IllegalStateException("an adapter cannot be closed from a callback: it waits for the callbacks to end");
        }
        members.close(this::free);
    }

    private boolean inLoop() {
        synchronized (devices) {
            return jobs.inLoop() || manager.inLoop() || devices.values().stream().anyMatch(Device::inLoop);
        }
    }

    /** What nobody uses any more, in this order. */
    private void free() {
        jobs.stop();
        synchronized (devices) {
            devices.values().forEach(Device::close);
        }
        try {
            manager.close();
        } catch (IOException e) {
            LOG.warn("the DiSNI adapter could not be closed whole: {}", e.getMessage());
        }
    }
}
