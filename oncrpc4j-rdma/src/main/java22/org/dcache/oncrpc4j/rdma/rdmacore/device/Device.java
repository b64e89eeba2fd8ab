// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rdmacore.device;

import org.dcache.oncrpc4j.rdma.rdmacore.ffi.Errno;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.FastCalls;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.Memory;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.NativeFunction;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.Verbs;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.VerbsLayout;
import org.dcache.oncrpc4j.rdma.verbs.error.ProviderUnavailableException;

/**
 * One RDMA device as librdmacm opened it, with what it can do and the protection domain that an adapter has on it. The context belongs to
 * librdmacm, which shares it among all users of the process and keeps it (see {@link Contexts}); the domain is the adapter's and is closed
 * last. What is made in the domain holds the device; from the end of these {@link Holds}, which its removal is, nothing new is made. Any
 * thread.
 */
public final class Device {

    /** Which devices the self-test or a message means. */
    private final String name;
    private final long context;
    private final int index;
    private final Verbs verbs;
    private final FastCalls calls;
    private final boolean iwarp;
    private final boolean softIwarp;
    private final boolean softRoce;
    private final boolean windows;
    private final boolean invalidate;
    private final int maxRequests;
    private final int maxElements;
    private final int maxCompletions;
    private final int maxSharedQueues;
    private final int maxSharedRequests;
    private final int inboundReads;
    private final int outboundReads;
    private final int maxMessage;
    private final long domain;
    private final NativeFunction allocWindow;
    private final NativeFunction deallocWindow;
    private final Holds holds = new Holds();
    private volatile boolean forgotten;
    private boolean closed;

    /** Receives that a shared queue must be able to hold to be of use. */
    private static final int LEAST_SHARED = 64;
    /** vendor_id of siw (drivers/infiniband/sw/siw). */
    private static final int SIW_VENDOR = 0x626d74;
    /** vendor_id of rxe (drivers/infiniband/sw/rxe). */
    private static final int RXE_VENDOR = 0xffffff;

    /** Bytes of private data in the fabric's connection request beside rdma_cm's own header (IBA 12.6.5, Annex A11). */
    private static final int PRIVATE_DATA_FABRIC = 56;
    /** RDMA_MAX_PRIVATE_DATA of the kernel less the four bytes in which revision 2 of MPA has the read depths (RFC 6581, 9). */
    private static final int PRIVATE_DATA_IWARP = 252;
    /**
     * siw adds those four to a length of one byte (siw_send_mpareqrep): 252 become 0, and the peer sees bytes that nobody announced. Linux
     * 6.1 to 6.12 at least.
     */
    private static final int PRIVATE_DATA_SIW = 251;

    public Device(Verbs verbs, long context, int index) throws ProviderUnavailableException {
        this.verbs = verbs;
        this.context = context;
        this.index = index;
        this.calls = new FastCalls(context);
        long device = Memory.getLong(context + VerbsLayout.Context.DEVICE);
        name = verbs.deviceName(device);
        iwarp = Memory.getInt(device + VerbsLayout.Device.TRANSPORT_TYPE) == VerbsLayout.Device.TRANSPORT_IWARP;
        try (Memory.Block block = new Memory.Block(VerbsLayout.DeviceAttr.SIZE + VerbsLayout.PortAttr.SIZE)) {
            long attr = block.address();
            check(verbs.queryDevice(context, attr), "query the device");
            softIwarp = Memory.getInt(attr + VerbsLayout.DeviceAttr.VENDOR_ID) == SIW_VENDOR;
            softRoce = !iwarp && Memory.getInt(attr + VerbsLayout.DeviceAttr.VENDOR_ID) == RXE_VENDOR;
            int caps = Memory.getInt(attr + VerbsLayout.DeviceAttr.DEVICE_CAP_FLAGS);
            windows = (caps & (VerbsLayout.DeviceAttr.CAP_MEM_WINDOW_TYPE_2A | VerbsLayout.DeviceAttr.CAP_MEM_WINDOW_TYPE_2B)) != 0
                    && Memory.getInt(attr + VerbsLayout.DeviceAttr.MAX_MW) > 0;
            invalidate = (caps & VerbsLayout.DeviceAttr.CAP_MEM_MGT_EXTENSIONS) != 0;
            maxRequests = Memory.getInt(attr + VerbsLayout.DeviceAttr.MAX_QP_WR);
            maxElements = Memory.getInt(attr + VerbsLayout.DeviceAttr.MAX_SGE);
            maxCompletions = Memory.getInt(attr + VerbsLayout.DeviceAttr.MAX_CQE);
            maxSharedQueues = Memory.getInt(attr + VerbsLayout.DeviceAttr.MAX_SRQ);
            maxSharedRequests = Memory.getInt(attr + VerbsLayout.DeviceAttr.MAX_SRQ_WR);
            inboundReads = Memory.getInt(attr + VerbsLayout.DeviceAttr.MAX_QP_RD_ATOM);
            outboundReads = Memory.getInt(attr + VerbsLayout.DeviceAttr.MAX_QP_INIT_RD_ATOM);
            long port = attr + VerbsLayout.DeviceAttr.SIZE;
            check(verbs.queryPort(context, 1, port), "query port 1");
            int most = Memory.getInt(port + VerbsLayout.PortAttr.MAX_MSG_SZ);
            maxMessage = most > 0 ? Math.min(most, 1 << 30) : 1 << 30;
        }
        allocWindow = windows ? NativeFunction.at(Memory.getLong(context + VerbsLayout.Context.OPS_ALLOC_MW), "alloc_mw",
                NativeFunction.Result.LONG, 2)
                : null;
        deallocWindow = windows
                ? NativeFunction.at(Memory.getLong(context + VerbsLayout.Context.OPS_DEALLOC_MW), "dealloc_mw", NativeFunction.Result.INT,
                1) : null;
        domain = verbs.allocPd(context);
        if (domain == 0) {
            throw new ProviderUnavailableException(name + ": no protection domain: " + Errno.text(NativeFunction.errno()));
        }
        Contexts.use(context);
    }

    private void check(int errno, String what) throws ProviderUnavailableException {
        if (errno != 0) {
            throw new ProviderUnavailableException(name + ": cannot " + what + ": "
                    + Errno.text(errno == -1 ? NativeFunction.errno() : errno));
        }
    }

    public String name() {
        return name;
    }

    /** Its place among the adapter's devices. */
    public int index() {
        return index;
    }

    public long context() {
        return context;
    }

    public long domain() {
        return domain;
    }

    public FastCalls calls() {
        return calls;
    }

    public boolean isIwarp() {
        return iwarp;
    }

    /** Whether it has memory windows of type 2, whose binds are work requests. */
    public boolean hasWindows() {
        return windows;
    }

    /** Whether it can send and understand Send with Invalidate. */
    public boolean canInvalidate() {
        return invalidate;
    }

    /**
     * Bits of ibv_wc.wc_flags, any of which says that a Send invalidated a handle. rxe hands out the kernel's IB_WC_WITH_INVALIDATE, 1 <<
     * 2, in place of libibverbs' bit, up to at least Linux 6.12.
     */
    public int withInvalidate() {
        return softRoce ? VerbsLayout.Wc.WITH_INV | 1 << 2 : VerbsLayout.Wc.WITH_INV;
    }

    /**
     * Whether a window may be invalidated here at the moment the peer invalidates it. rxe of Linux 6.1 ends in a kernel panic then
     * (rxe_invalidate_mw takes a free window for a bound one); there windows are freed instead, which costs a system call each.
     */
    public boolean toleratesLateInvalidation() {
        return !softRoce;
    }

    /**
     * Whether it refuses to read memory that was not registered for it. siw looks at nothing but the bounds when it answers an RDMA Read:
     * siw_qp_sq_proc_tx checks with no rights at all. Linux 6.1 to 6.12 at least.
     */
    public boolean checksReadRight() {
        return !softIwarp;
    }

    /** Bytes of private data in either direction. */
    public int maxPrivateData() {
        return softIwarp ? PRIVATE_DATA_SIW : iwarp ? PRIVATE_DATA_IWARP : PRIVATE_DATA_FABRIC;
    }

    public int maxRequests() {
        return maxRequests;
    }

    public int maxElements() {
        return maxElements;
    }

    public int maxCompletions() {
        return maxCompletions;
    }

    /**
     * Why no receives can be shared among its connections, null if they can. iWARP has no way to tell a peer to send again later: a message
     * that meets an empty queue ends its connection, so each credit needs a receive, and sharing them saves nothing.
     */
    public String sharesNoReceives() {
        if (iwarp) {
            return "it is iWARP, where a message that finds no receive ends its connection, so that receives cannot be shared";
        }
        return maxSharedQueues > 0 && maxSharedRequests >= LEAST_SHARED ? null : "it has no shared receive queues";
    }

    /** Receives that a shared queue of it can hold. */
    public int maxSharedRequests() {
        return maxSharedRequests;
    }

    /**
     * Whether to wait, at the end of a connection with shared receives, for the event that says that no more of them completes. rxe says it
     * from Linux 6.5 on only, and waits itself, when a queue pair is destroyed, until nothing is done for it any more.
     */
    public boolean saysLastReceive() {
        return !softRoce;
    }

    public int inboundReads() {
        return inboundReads;
    }

    public int outboundReads() {
        return outboundReads;
    }

    /** Bytes of the longest message. */
    public int maxMessage() {
        return maxMessage;
    }

    /**
     * Rights of a region for local use. A window needs a region that allows it. iWARP cards place Read Responses by a handle that is sent
     * to the peer and must be writable from there (RFC 5040, 5.2 and the verbs of RNICs); siw does not insist, and gets no such right.
     */
    public int localAccess() {
        return VerbsLayout.Mr.LOCAL_WRITE | (windows ? VerbsLayout.Mr.MW_BIND : 0) | (slabsAreWritable() ? VerbsLayout.Mr.REMOTE_WRITE : 0);
    }

    /** Whether a peer that knows the handle of a region for local use, of which each Read of ours names one, can write there. */
    public boolean slabsAreWritable() {
        return iwarp && !softIwarp;
    }

    /** A new window, 0 when there is none left. */
    long allocWindow() {
        return allocWindow.call(domain, VerbsLayout.Mw.TYPE_2);
    }

    void deallocWindow(long window) {
        deallocWindow.call(window);
    }

    /** Of what is made in its domain; ended when it is removed. */
    public Holds holds() {
        return holds;
    }

    public boolean isRemoved() {
        return holds.isEnded();
    }

    /** Nobody looks at its events any more. */
    public void forget() {
        forgotten = true;
    }

    public boolean isForgotten() {
        return forgotten;
    }

    /** After everything that was made in its domain. Idempotent. */
    public synchronized void close() {
        if (!closed) {
            closed = true;
            verbs.deallocPd(domain);
            Contexts.release(context, isRemoved());
        }
    }

    @Override
    public String toString() {
        return name + (iwarp ? " (iWARP" : " (InfiniBand or RoCE") + (windows ? ", memory windows)" : ")");
    }
}
