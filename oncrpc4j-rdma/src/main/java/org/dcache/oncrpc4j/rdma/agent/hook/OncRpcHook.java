// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.agent.hook;

import java.util.ArrayDeque;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Entry point of woven code.
 *
 * <p>There is one {@link LoaderHook} per loader that has {@code OncRpcSvc}, made when the first service there is constructed. It hangs on
 * the OncRpcSvc class itself (a {@link ClassValue}), hence goes away with that loader: a redeployed web application leaves nothing here.
 *
 * <p>{@link #install} is called once, before any class is woven; everything else by any thread afterwards. A hook that cannot be made
 * throws out of the service's constructor, and is tried again for the next service.
 */
public final class OncRpcHook {

    private static final ClassValue<Slot> SLOTS = new ClassValue<>() {
        @Override
        protected Slot computeValue(Class<?> type) {
            return new Slot(type);
        }
    };

    /**
     * The calls that the thread is encoding, an encoder may make calls itself: of each its Xdr, or {@link #NONE}, and the hook that gave
     * it. Empty between calls.
     */
    private static final ThreadLocal<ArrayDeque<Object>> ENCODING = ThreadLocal.withInitial(ArrayDeque::new);

    private static final Object NONE = new Object();

    private static volatile Function<Class<?>, LoaderHook> factory;

    private OncRpcHook() {}

    /** Sets what makes the hook for an OncRpcSvc class. */
    public static void install(Function<Class<?>, LoaderHook> hooks) {
        factory = hooks;
    }

    /** Constructor exit: returns what the service is to have as its call interceptor. */
    public static Consumer<?> constructed(Class<?> type, Object service, ServiceFields fields) {
        ServiceHook hook = SLOTS.get(type).hook().open(service, fields);
        return hook == null ? fields.interceptor() : hook;
    }

    /** The hook in a service's interceptor field; one that does nothing when the service is not ours. Never null. */
    public static ServiceHook of(Object interceptor) {
        return interceptor instanceof ServiceHook hook ? hook : Untouched.SERVICE;
    }

    /** In place of {@code new Xdr(size)} in {@code RpcCall}. */
    public static Object newCallXdr(Class<?> type, Object transport, int size) {
        ArrayDeque<Object> encoding = ENCODING.get();
        Object xdr = NONE;
        LoaderHook hook = null;
        try {
            hook = SLOTS.get(type).hook();
            xdr = hook.newCallXdr(transport, size);
            return xdr;
        } finally {
            encoding.push(hook == null ? NONE : hook);
            encoding.push(xdr);
        }
    }

    /**
     * The call for which {@link #newCallXdr} was asked last in this thread has been sent, or has failed: its encoder, or the reply queue,
     * threw. Exactly once for each, however the former ended.
     */
    public static void callEncoded(Throwable thrown) {
        ArrayDeque<Object> encoding = ENCODING.get();
        Object xdr = encoding.pop();
        if (encoding.pop() instanceof LoaderHook hook && thrown != null && xdr != NONE) {
            hook.abandonCallXdr(xdr);
        }
    }

    /** Before a synchronous call of {@code RpcCall} waits for its reply. */
    public static void waits(Future<?> reply, Class<?> type, Object transport) {
        SLOTS.get(type).hook().waits(transport, reply);
    }

    /** In place of a pNFS data server's address when nfs4j encodes it. */
    public static byte[] deviceAddress(byte[] body, Class<?> type, Object stream, int layoutType) {
        return SLOTS.get(type).hook().deviceAddress(stream, layoutType, body);
    }

    /** A ClassValue may compute twice; a transport must not be opened twice. */
    private static final class Slot {

        private final Class<?> type;
        private volatile LoaderHook hook;

        Slot(Class<?> type) {
            this.type = type;
        }

        LoaderHook hook() {
            LoaderHook made = hook;
            return made != null ? made : make();
        }

        private synchronized LoaderHook make() {
            if (hook == null) {
                hook = factory.apply(type);
            }
            return hook;
        }
    }

    /** A service that keeps its own transports. */
    private enum Untouched implements ServiceHook {
        SERVICE;

        @Override
        public void accept(Object call) {}
    }
}
