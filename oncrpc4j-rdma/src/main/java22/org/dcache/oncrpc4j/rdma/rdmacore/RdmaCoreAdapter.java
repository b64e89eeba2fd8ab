// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rdmacore;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.dcache.oncrpc4j.rdma.metrics.Counters;
import org.dcache.oncrpc4j.rdma.rdmacore.cm.CmChannel;
import org.dcache.oncrpc4j.rdma.rdmacore.device.AsyncEvents;
import org.dcache.oncrpc4j.rdma.rdmacore.device.BouncePool;
import org.dcache.oncrpc4j.rdma.rdmacore.device.ControlThreads;
import org.dcache.oncrpc4j.rdma.rdmacore.device.Device;
import org.dcache.oncrpc4j.rdma.rdmacore.device.DeviceRemovedException;
import org.dcache.oncrpc4j.rdma.rdmacore.device.ExposedMemory;
import org.dcache.oncrpc4j.rdma.rdmacore.device.OpenDevices;
import org.dcache.oncrpc4j.rdma.rdmacore.device.RdmaCoreCounter;
import org.dcache.oncrpc4j.rdma.rdmacore.device.Regions;
import org.dcache.oncrpc4j.rdma.rdmacore.device.Windows;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.CmLayout;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.Errno;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.Libraries;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.Memory;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.NativeFunction;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.VerbsLayout;
import org.dcache.oncrpc4j.rdma.rdmacore.loop.Loop;
import org.dcache.oncrpc4j.rdma.rdmacore.loop.ReceivePool;
import org.dcache.oncrpc4j.rdma.rdmacore.receive.SharedReceiveQueues;
import org.dcache.oncrpc4j.rdma.verbs.Access;
import org.dcache.oncrpc4j.rdma.verbs.Adapter;
import org.dcache.oncrpc4j.rdma.verbs.Capabilities;
import org.dcache.oncrpc4j.rdma.verbs.ConnectListener;
import org.dcache.oncrpc4j.rdma.verbs.ConnectOptions;
import org.dcache.oncrpc4j.rdma.verbs.ConnectionRequestHandler;
import org.dcache.oncrpc4j.rdma.verbs.HelperThread;
import org.dcache.oncrpc4j.rdma.verbs.Listener;
import org.dcache.oncrpc4j.rdma.verbs.MemoryBudget;
import org.dcache.oncrpc4j.rdma.verbs.MemoryRegion;
import org.dcache.oncrpc4j.rdma.verbs.MemorySource;
import org.dcache.oncrpc4j.rdma.verbs.QueuePairHandler;
import org.dcache.oncrpc4j.rdma.verbs.error.AdapterClosedException;
import org.dcache.oncrpc4j.rdma.verbs.error.ProviderUnavailableException;
import org.dcache.oncrpc4j.rdma.verbs.error.ResourceLimitException;
import org.dcache.oncrpc4j.rdma.verbs.error.VerbsException;
import org.dcache.oncrpc4j.rdma.verbs.parts.Members;
import org.dcache.oncrpc4j.rdma.verbs.parts.ReceiveShare;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The RDMA devices of this machine, or those that {@code oncrpc.rdma.device} names, opened for one user: a protection domain on each,
 * registered memory, loops, control threads, the connection manager's channel. Which device a connection uses follows from its address, as
 * rdma_cm finds it.
 *
 * <p>Everything that has an id is one of its {@link Members} until after its last callback. {@link #close} tells each member, waits until
 * none is left, and frees the rest in this order: asynchronous events, control threads, channel, loops, windows, memory, domains. A device
 * that is removed ends its connections and is freed ({@link DeviceRemoval}); the others go on, and one that comes back is used by the next
 * adapter.
 */
final class RdmaCoreAdapter implements Adapter, AsyncEvents.User {

    private static final Logger LOG = LoggerFactory.getLogger(RdmaCoreAdapter.class);

    private final Libraries libraries;
    private final RdmaCoreSettings settings;
    private final MemoryBudget memory;
    private final ReceiveShare receives;
    private final Counters counters = Counters.process().child();
    private final OpenDevices open;
    private final List<Device> devices = new ArrayList<>();
    private final Map<Long, Device> byContext;
    private final Capabilities capabilities;
    private final List<Windows> windows = new ArrayList<>();
    private final Regions regions;
    private final BouncePool bounces;
    private final ControlThreads control;
    private final Map<Device, Map<Integer, ReceivePool>> receivePools = new ConcurrentHashMap<>();
    private final Set<Device> sharing;
    private final SharedReceiveQueues sharedQueues;
    private final Map<Long, RdmaCoreQueuePair> queuePairs = new ConcurrentHashMap<>();
    private final List<Loop> loops = new ArrayList<>();
    private final DeviceRemoval removal;
    private final CmChannel cmChannel;
    private final AtomicInteger next = new AtomicInteger();
    private final Members members = new Members();
    private volatile boolean closed;

    RdmaCoreAdapter(Libraries libraries, RdmaCoreSettings settings, MemoryBudget memory) throws ProviderUnavailableException {
        this.memory = memory;
        this.receives = new ReceiveShare(memory);
        this.libraries = libraries;
        this.settings = settings;
        open = new OpenDevices(libraries, settings.devices());
        try {
            control = new ControlThreads();
        } catch (OutOfMemoryError e) {
            open.close();
            throw e;
        }
        try {
            for (long context : open.contexts()) {
                devices.add(new Device(libraries.verbs(), context, devices.size()));
            }
            sharing = SharedReceiveQueues.sharing(libraries.verbs(), devices, settings.srq());
            cmChannel = new CmChannel(libraries.cm(), control);
        } catch (ProviderUnavailableException | RuntimeException | Error e) {
            devices.forEach(Device::close);
            open.close();
            control.shutdown();
            throw e;
        }
        byContext = devices.stream().collect(Collectors.toMap(Device::context, device -> device));
        capabilities = capabilities(devices, sharing.containsAll(devices));
        sharedQueues = new SharedReceiveQueues(libraries.verbs(), settings.srqDepth(), control, counters);
        devices.forEach(device -> windows.add(new Windows(device)));
        regions = new Regions(libraries.verbs(), devices, counters);
        bounces = new BouncePool(regions, memory, control, counters);
        removal = new DeviceRemoval(loops, windows, regions, control);
        try {
            for (int i = 0; i < settings.loops(); i++) {
                loops.add(new Loop("rdma-core-loop-" + i, libraries.verbs(), devices, counters, settings.spinNanos()));
            }
            AsyncEvents.add(libraries.verbs(), this);
        } catch (ProviderUnavailableException | RuntimeException | Error e) {
            free();
            throw e;
        }
        LOG.info("RDMA devices: {}", devices);
        devices.stream().filter(device -> !device.checksReadRight())
                .forEach(device -> LOG.warn("{} is siw, which lets a peer read all of the memory that it knows a handle of, also what it"
                + " was only given to write: use it among peers that are trusted, or the provider iwarp in its place", device.name()));
        devices.stream().filter(Device::slabsAreWritable)
                .forEach(device -> LOG.warn("{} is an iWARP card, to whose peers an RDMA Read of ours shows a handle of memory that others"
                        + " use as well and that they could write: use it among peers that are trusted", device.name()));
    }

    @Override
    public String provider() {
        return RdmaCoreProvider.NAME;
    }

    @Override
    public MemoryBudget memory() {
        return memory;
    }

    @Override
    public Capabilities capabilities() {
        return capabilities;
    }

    /** What all of these can do. */
    private static Capabilities capabilities(List<Device> devices, boolean sharedReceives) {
        boolean windowsEverywhere = devices.stream().allMatch(Device::hasWindows);
        boolean invalidate = devices.stream().allMatch(Device::canInvalidate);
        int elements = devices.stream().mapToInt(Device::maxElements).min().orElse(1);
        boolean separateRights = devices.stream().allMatch(Device::checksReadRight);
        int privateData = devices.stream().mapToInt(Device::maxPrivateData).min().orElse(0);
        int message = devices.stream().mapToInt(Device::maxMessage).min().orElse(1);
        // Where there are no windows, a handle is a region's, which a peer cannot invalidate: siw refuses such a Send.
        return new Capabilities(false, true, false, sharedReceives, invalidate, invalidate && windowsEverywhere, true, true,
                windowsEverywhere, separateRights, true, Math.min(SendQueue.MAX_ELEMENTS, elements), message,
                Capabilities.INLINE_OF_DEVICES, privateData);
    }

    /** What this adapter's listeners and connections counted. */
    Counters counters() {
        return counters;
    }

    @Override
    public MemoryRegion register(ByteBuffer direct) throws ResourceLimitException {
        return regions.register(direct);
    }

    @Override
    public Listener listen(InetSocketAddress local, int backlog, ConnectionRequestHandler handler) throws IOException {
        AdapterClosedException gone = new AdapterClosedException("cannot listen on " + local + ": the rdma-core adapter is closed");
        if (closed) {
            throw gone;
        }
        if (!hasDevice()) {
            throw new DeviceRemovedException(devices.get(0).name());
        }
        RdmaCoreListener listener = new RdmaCoreListener(this, local, backlog, handler);
        if (!members.add(listener)) {
            listener.close();
            throw gone;
        }
        devices.stream().filter(Device::isRemoved).forEach(listener::deviceRemoved);
        return listener;
    }

    @Override
    public void connect(InetSocketAddress remote, ConnectOptions options, QueuePairHandler handler, ConnectListener listener) {
        OutboundHandshake handshake = closed ? null : new OutboundHandshake(this, remote, options, handler, listener);
        if (handshake == null || !members.add(handshake)) {
            listener.failed(new AdapterClosedException("cannot connect to " + remote + ": the rdma-core adapter is closed"));
            return;
        }
        handshake.start();
    }

    /** Holds the device until its window or region is given back. */
    RdmaCoreExposure expose(RdmaCoreQueuePair queuePair, Device device, MemorySource source, Access access) throws VerbsException {
        if (!device.holds().begin()) {
            throw new DeviceRemovedException(device.name());
        }
        try {
            return makeExposure(queuePair, device, source, access);
        } catch (ResourceLimitException | RuntimeException | Error e) {
            device.holds().give();
            throw e;
        }
    }

    /** Whether this many windows of the device are there and not in use. */
    boolean hasWindows(Device device, int count) {
        return device.hasWindows() && windows.get(device.index()).ready() >= count;
    }

    private RdmaCoreExposure makeExposure(RdmaCoreQueuePair queuePair, Device device, MemorySource source, Access access)
            throws ResourceLimitException {
        if (device.hasWindows()) {
            long window = windows.get(device.index()).take();
            try {
                return new WindowExposure(queuePair, control, device, windows.get(device.index()), window,
                        new ExposedMemory(source, access, regions, bounces), access);
            } catch (ResourceLimitException | RuntimeException | Error e) {
                windows.get(device.index()).giveBack(window);
                throw e;
            }
        }
        ExposedMemory memory = new ExposedMemory(source, access, regions, bounces);
        counters.increment(RdmaCoreCounter.EXPOSURES_REGISTERED);
        if (HelperThread.isLoop()) {
            counters.increment(RdmaCoreCounter.REGISTERED_ON_LOOP);
        }
        int rights = access == Access.REMOTE_READ ? VerbsLayout.Mr.REMOTE_READ : VerbsLayout.Mr.REMOTE_WRITE | VerbsLayout.Mr.LOCAL_WRITE;
        long handle = libraries.verbs().regMr(device.domain(), memory.address(), memory.length(), rights);
        if (handle == 0) {
            int errno = NativeFunction.errno();
            memory.release();
            counters.increment(RdmaCoreCounter.REGISTRATION_FAILED);
            throw new ResourceLimitException(device + ": " + Errno.registration(errno, memory.length()));
        }
        return new RegionExposure(queuePair, device, libraries.verbs(), control, handle, memory);
    }

    @Override
    public void close() {
        for (Loop loop : loops) {
            if (loop.inLoop()) {
                throw new IllegalStateException("an adapter cannot be closed from a callback: it waits for the callbacks to end");
            }
        }
        members.close(() -> {
            closed = true;
            AsyncEvents.remove(this);
            free();
        });
    }

    /** What nobody uses any more, in this order. */
    private void free() {
        control.shutdown();
        cmChannel.close();
        loops.forEach(Loop::stop);
        loops.forEach(Loop::close);
        windows.forEach(Windows::close);
        regions.close();
        devices.forEach(Device::close);
        open.close();
    }

    /** Its listeners, handshakes and connections. */
    Members members() {
        return members;
    }

    boolean isClosed() {
        return closed;
    }

    Libraries libraries() {
        return libraries;
    }

    RdmaCoreSettings settings() {
        return settings;
    }

    Regions regions() {
        return regions;
    }

    BouncePool bounces() {
        return bounces;
    }

    ControlThreads control() {
        return control;
    }

    CmChannel cmChannel() {
        return cmChannel;
    }

    /** Null when it is not one of ours. */
    Device device(long context) {
        return byContext.get(context);
    }

    Loop nextLoop() {
        return loops.get(Math.floorMod(next.getAndIncrement(), loops.size()));
    }

    ReceivePool receivePool(Device device, int size) {
        return receivePools.computeIfAbsent(device, k -> new ConcurrentHashMap<>())
                .computeIfAbsent(size, k -> new ReceivePool(regions, region -> region.localKey(device), control, size, receives));
    }

    List<Device> devices() {
        return devices;
    }

    /** Whether accepted connections on it share their receives. */
    boolean sharesReceives(Device device) {
        return sharing.contains(device);
    }

    SharedReceiveQueues sharedQueues() {
        return sharedQueues;
    }

    void setTos(long id) {
        if (settings.tos() != 0) {
            try (Memory.Block block = new Memory.Block(1)) {
                Memory.putByte(block.address(), settings.tos());
                libraries.cm().setOption(id, CmLayout.Option.TOS, block.address(), 1);
            }
        }
    }

    /** For the log line of a connection. */
    String detail(Device device, NativeQueuePair pair) {
        return device + ", inline " + pair.inline() + (pair.receives().shared() == 0 ? "" : ", shared receives");
    }

    // ---- asynchronous events

    /** A queue pair exists, and events may be about it. */
    void opened(RdmaCoreQueuePair queuePair, long address) {
        queuePairs.put(address, queuePair);
    }

    /** The queue pair will be destroyed next, and its address may be another's. */
    void destroyed(long address) {
        queuePairs.remove(address);
    }

    @Override
    public Set<Long> contexts() {
        Set<Long> contexts = new HashSet<>(open.idle());
        devices.stream().filter(device -> !device.isForgotten()).forEach(device -> contexts.add(device.context()));
        return contexts;
    }

    @Override
    public void onAsyncEvent(long context, int type, long element) {
        switch (type) {
            case VerbsLayout.AsyncEvent.QP_FATAL, VerbsLayout.AsyncEvent.QP_REQ_ERR, VerbsLayout.AsyncEvent.QP_ACCESS_ERR -> {
                RdmaCoreQueuePair queuePair = queuePairs.get(element);
                if (queuePair != null) {
                    queuePair.asyncError(type);
                }
            }
            case VerbsLayout.AsyncEvent.CQ_ERR -> queuePairs.values().forEach(queuePair -> queuePair.completionQueueError(element, type));
            case VerbsLayout.AsyncEvent.COMM_EST -> {
                RdmaCoreQueuePair queuePair = queuePairs.get(element);
                if (queuePair != null) {
                    queuePair.firstMessage();
                }
            }
            case VerbsLayout.AsyncEvent.QP_LAST_WQE_REACHED -> {
                RdmaCoreQueuePair queuePair = queuePairs.get(element);
                if (queuePair != null) {
                    queuePair.lastReceiveReached();
                }
            }
            case VerbsLayout.AsyncEvent.SRQ_LIMIT_REACHED, VerbsLayout.AsyncEvent.SRQ_ERR -> sharedQueues.onAsyncEvent(type, element);
            case VerbsLayout.AsyncEvent.DEVICE_FATAL -> deviceRemoved(context);
            default -> LOG.debug("asynchronous event {} of libibverbs", type);
        }
    }

    /** Any thread, as often as somebody hears of it: the device is removed, or has failed for good. @return what ends that is on it */
    DeviceRemovedException deviceRemoved(long context) {
        Device device = byContext.get(context);
        if (device == null) {
            open.letGo(context);
            return new DeviceRemovedException("that leads there");
        }
        if (removal.begin(device)) {
            LOG.warn("the RDMA device {} was removed, or has failed for good", device.name());
            counters.increment(RdmaCoreCounter.DEVICE_REMOVED);
            for (Members.Member member : members.now()) {
                if (member instanceof DeviceRemoval.OnDevice on) {
                    on.deviceRemoved(device);
                }
            }
        }
        return new DeviceRemovedException(device.name());
    }

    /** Whether there is a device that is not removed. */
    boolean hasDevice() {
        return !devices.stream().allMatch(Device::isRemoved);
    }
}
