// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rdmacore.ffi;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * The calls of the data path, through the function table of a device's context as the inline functions of {@code infiniband/verbs.h} do it.
 * Any thread: one at a time posts to a queue or polls one, while others may arm it; none of them allocates.
 *
 * <p>Polling only reads memory that device and process share, so it goes without the change of thread state that other native calls make
 * ({@link Linker.Option#critical}). Posting and arming may enter the kernel, on soft devices they do, and must not hold up a garbage
 * collection: they are ordinary calls.
 */
public final class FastCalls {

    private static final MethodHandle POST = handle(FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG,
            ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG));
    private static final MethodHandle POLL = handle(FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG, ValueLayout.JAVA_INT,
            ValueLayout.JAVA_LONG), Linker.Option.critical(false));
    private static final MethodHandle NOTIFY = handle(FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG,
            ValueLayout.JAVA_INT));

    private final MemorySegment postSend;
    private final MemorySegment postRecv;
    private final MemorySegment postSrqRecv;
    private final MemorySegment pollCq;
    private final MemorySegment reqNotifyCq;

    /** @param context struct ibv_context of an open device */
    public FastCalls(long context) {
        postSend = function(context, VerbsLayout.Context.OPS_POST_SEND);
        postRecv = function(context, VerbsLayout.Context.OPS_POST_RECV);
        postSrqRecv = function(context, VerbsLayout.Context.OPS_POST_SRQ_RECV);
        pollCq = function(context, VerbsLayout.Context.OPS_POLL_CQ);
        reqNotifyCq = function(context, VerbsLayout.Context.OPS_REQ_NOTIFY_CQ);
    }

    private static MethodHandle handle(FunctionDescriptor descriptor, Linker.Option... options) {
        return Linker.nativeLinker().downcallHandle(descriptor, options);
    }

    private static MemorySegment function(long context, int offset) {
        return MemorySegment.ofAddress(Memory.getLong(context + offset));
    }

    /** ibv_post_send: 0, or an errno value and the first request that was not posted in {@code bad}. */
    public int postSend(long qp, long wr, long bad) {
        try {
            return (int) POST.invokeExact(postSend, qp, wr, bad);
        } catch (Throwable e) {
            throw failed(e);
        }
    }

    /** ibv_post_recv. */
    public int postRecv(long qp, long wr, long bad) {
        try {
            return (int) POST.invokeExact(postRecv, qp, wr, bad);
        } catch (Throwable e) {
            throw failed(e);
        }
    }

    /** ibv_post_srq_recv. */
    public int postSrqRecv(long srq, long wr, long bad) {
        try {
            return (int) POST.invokeExact(postSrqRecv, srq, wr, bad);
        } catch (Throwable e) {
            throw failed(e);
        }
    }

    /** ibv_poll_cq: completions written to {@code wc}, or a negative number. */
    public int pollCq(long cq, int most, long wc) {
        try {
            return (int) POLL.invokeExact(pollCq, cq, most, wc);
        } catch (Throwable e) {
            throw failed(e);
        }
    }

    /** ibv_req_notify_cq for any completion. */
    public int requestNotify(long cq) {
        try {
            return (int) NOTIFY.invokeExact(reqNotifyCq, cq, 0);
        } catch (Throwable e) {
            throw failed(e);
        }
    }

    private static IllegalStateException failed(Throwable e) {
        return new IllegalStateException("a call through the device's function table failed", e);
    }
}
