// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.net.InetSocketAddress;
import java.nio.channels.CompletionHandler;
import java.util.List;
import org.dcache.oncrpc4j.rpc.RpcCall;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether anybody hears that a message has left. oncrpc4j gives each send a handler of its own that tells the listeners which a program may
 * have registered with the call; mostly there are none, and then no thread is woken to tell them.
 *
 * <p>The listeners are private fields of {@link RpcCall}: where an oncrpc4j has others, every handler is told, as ever. So is a handler of
 * a subclass that does something else when the message has left, which is known by the class that declares its {@code completed}. The
 * listeners are looked at when the message has left, as oncrpc4j does; one that is registered at that moment may or may not be told, as
 * over TCP. Any thread.
 *
 * @param own the class of oncrpc4j's handlers
 * @param call field of such a handler: the call
 * @param always field of a call: its listeners, null when there are none
 * @param once the same of those that are told once
 */
record SendNotice(Class<?> own, VarHandle call, VarHandle always, VarHandle once) {

    private static final Logger LOG = LoggerFactory.getLogger(SendNotice.class);

    /** Null where oncrpc4j is not as it was known. */
    private static final SendNotice KNOWN = find();

    /** Which class says what a handler does when a message has left; null when none does in oncrpc4j's way. */
    private static final ClassValue<Class<?>> DECLARES = new ClassValue<>() {
        @Override
        protected Class<?> computeValue(Class<?> handler) {
            try {
                return handler.getMethod("completed", Integer.class, InetSocketAddress.class).getDeclaringClass();
            } catch (NoSuchMethodException e) {
                return null;
            }
        }
    };

    private static SendNotice find() {
        try {
            Class<?> own = Class.forName(RpcCall.class.getName() + "$NotifyListenersCompletionHandler", false,
                    RpcCall.class.getClassLoader());
            MethodHandles.Lookup inCall = MethodHandles.privateLookupIn(RpcCall.class, MethodHandles.lookup());
            return new SendNotice(own,
                    MethodHandles.privateLookupIn(own, MethodHandles.lookup()).findVarHandle(own, "this$0", RpcCall.class),
                    inCall.findVarHandle(RpcCall.class, "_sendListeners", List.class),
                    inCall.findVarHandle(RpcCall.class, "_sendOnceListeners", List.class));
        } catch (ReflectiveOperationException | RuntimeException e) {
            LOG.debug("this oncrpc4j keeps its send listeners elsewhere; handlers of sends are told always", e);
            return null;
        }
    }

    /** Whether oncrpc4j's handlers can be looked into. */
    static boolean isKnown() {
        return KNOWN != null;
    }

    /** Whether this handler of a send that went well has anybody to tell. */
    static boolean isHeard(CompletionHandler<?, ?> handler) {
        return KNOWN == null || KNOWN.hears(handler);
    }

    /** The same with this way to look. */
    boolean hears(CompletionHandler<?, ?> handler) {
        if (!own.isInstance(handler) || DECLARES.get(handler.getClass()) != own) {
            return true;
        }
        Object of = call.get(handler);
        return always.get(of) != null || once.get(of) != null;
    }
}
