// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rdmacore.ffi;

import java.lang.foreign.SymbolLookup;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.NativeFunction.Result;

/**
 * libibverbs: what sets things up and takes them down. All of it may block, in the kernel or on acknowledgements of events, so none of it
 * belongs on a loop, with the exception of {@link #getCqEvent} and {@link #ackCqEvents}. Pointers are numbers; 0 is NULL. Functions that
 * give an int return an errno value, 0 for success, or -1 with {@link NativeFunction#errno()}; see ibv_*(3).
 */
public final class Verbs {

    private final NativeFunction getDeviceName;
    private final NativeFunction queryDevice;
    private final NativeFunction queryPort;
    private final NativeFunction allocPd;
    private final NativeFunction deallocPd;
    private final NativeFunction regMr;
    private final NativeFunction deregMr;
    private final NativeFunction createCompChannel;
    private final NativeFunction destroyCompChannel;
    private final NativeFunction createCq;
    private final NativeFunction destroyCq;
    private final NativeFunction getCqEvent;
    private final NativeFunction ackCqEvents;
    private final NativeFunction createSrq;
    private final NativeFunction modifySrq;
    private final NativeFunction destroySrq;
    private final NativeFunction createQp;
    private final NativeFunction modifyQp;
    private final NativeFunction destroyQp;
    private final NativeFunction getAsyncEvent;
    private final NativeFunction ackAsyncEvent;

    public Verbs(SymbolLookup library) {
        getDeviceName = NativeFunction.of(library, "ibv_get_device_name", Result.LONG, 1);
        queryDevice = NativeFunction.of(library, "ibv_query_device", Result.INT, 2);
        queryPort = NativeFunction.of(library, "ibv_query_port", Result.INT, 3);
        allocPd = NativeFunction.of(library, "ibv_alloc_pd", Result.LONG, 1);
        deallocPd = NativeFunction.of(library, "ibv_dealloc_pd", Result.INT, 1);
        regMr = NativeFunction.of(library, "ibv_reg_mr", Result.LONG, 4);
        deregMr = NativeFunction.of(library, "ibv_dereg_mr", Result.INT, 1);
        createCompChannel = NativeFunction.of(library, "ibv_create_comp_channel", Result.LONG, 1);
        destroyCompChannel = NativeFunction.of(library, "ibv_destroy_comp_channel", Result.INT, 1);
        createCq = NativeFunction.of(library, "ibv_create_cq", Result.LONG, 5);
        destroyCq = NativeFunction.of(library, "ibv_destroy_cq", Result.INT, 1);
        getCqEvent = NativeFunction.of(library, "ibv_get_cq_event", Result.INT, 3);
        ackCqEvents = NativeFunction.of(library, "ibv_ack_cq_events", Result.NOTHING, 2);
        createSrq = NativeFunction.of(library, "ibv_create_srq", Result.LONG, 2);
        modifySrq = NativeFunction.of(library, "ibv_modify_srq", Result.INT, 3);
        destroySrq = NativeFunction.of(library, "ibv_destroy_srq", Result.INT, 1);
        createQp = NativeFunction.of(library, "ibv_create_qp", Result.LONG, 2);
        modifyQp = NativeFunction.of(library, "ibv_modify_qp", Result.INT, 3);
        destroyQp = NativeFunction.of(library, "ibv_destroy_qp", Result.INT, 1);
        getAsyncEvent = NativeFunction.of(library, "ibv_get_async_event", Result.INT, 2);
        ackAsyncEvent = NativeFunction.of(library, "ibv_ack_async_event", Result.NOTHING, 1);
    }

    /** The device's name as the library itself says it. */
    public String deviceName(long device) {
        long name = getDeviceName.call(device);
        return name == 0 ? "" : Memory.string(name, VerbsLayout.Device.NAME_SIZE);
    }

    public int queryDevice(long context, long attr) {
        return (int) queryDevice.call(context, attr);
    }

    public int queryPort(long context, int port, long attr) {
        return (int) queryPort.call(context, port, attr);
    }

    public long allocPd(long context) {
        return allocPd.call(context);
    }

    public int deallocPd(long pd) {
        return (int) deallocPd.call(pd);
    }

    public long regMr(long pd, long address, long length, int access) {
        return regMr.call(pd, address, length, access);
    }

    public int deregMr(long mr) {
        return (int) deregMr.call(mr);
    }

    public long createCompChannel(long context) {
        return createCompChannel.call(context);
    }

    public int destroyCompChannel(long channel) {
        return (int) destroyCompChannel.call(channel);
    }

    public long createCq(long context, int cqe, long cookie, long channel, int vector) {
        return createCq.call(context, cqe, cookie, channel, vector);
    }

    /** Blocks until every event of it has been acknowledged. */
    public int destroyCq(long cq) {
        return (int) destroyCq.call(cq);
    }

    /** Never blocks on a channel whose descriptor is non-blocking. @param cq where the queue's address and, 8 bytes on, its cookie go */
    public boolean getCqEvent(long channel, long cq) {
        return getCqEvent.call(channel, cq, cq + 8) == 0;
    }

    public void ackCqEvents(long cq, int count) {
        ackCqEvents.call(cq, count);
    }

    public long createSrq(long pd, long initAttr) {
        return createSrq.call(pd, initAttr);
    }

    public int modifySrq(long srq, long attr, int mask) {
        return (int) modifySrq.call(srq, attr, mask);
    }

    /** Blocks until every event of it has been acknowledged. */
    public int destroySrq(long srq) {
        return (int) destroySrq.call(srq);
    }

    public long createQp(long pd, long initAttr) {
        return createQp.call(pd, initAttr);
    }

    public int modifyQp(long qp, long attr, int mask) {
        return (int) modifyQp.call(qp, attr, mask);
    }

    public int destroyQp(long qp) {
        return (int) destroyQp.call(qp);
    }

    /** Never blocks on a context whose async_fd is non-blocking. */
    public boolean getAsyncEvent(long context, long event) {
        return getAsyncEvent.call(context, event) == 0;
    }

    public void ackAsyncEvent(long event) {
        ackAsyncEvent.call(event);
    }
}
