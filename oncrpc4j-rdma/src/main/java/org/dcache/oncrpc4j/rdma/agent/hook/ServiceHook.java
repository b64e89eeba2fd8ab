// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.agent.hook;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * The other transport of one {@code OncRpcSvc}, as woven code sees it.
 *
 * <p>It takes the place of the service's call interceptor (and passes calls on to that one): so the service itself holds it, and it
 * lives exactly as long as the service. No map is kept, nothing has to be cleaned up, and no class loader is held. Methods are called by
 * the thread that calls the service's method of the same name. What is not overridden leaves the service as it is.
 */
public interface ServiceHook extends Consumer<Object> {

    /** Before {@code start()}. */
    default void starting() throws IOException {}

    /** After {@code start()} has returned normally. When it throws, nothing of the service is bound any more. */
    default void started() throws IOException {}

    /** Before {@code stop()}. */
    default void stopping() {}

    /** Before {@code stop(long, TimeUnit)}. */
    default void stopping(long gracePeriod, TimeUnit unit) {}

    /** Before {@code connect}: an RpcTransport, or null when the service's own transport is to be used. */
    default Object connect(InetSocketAddress address, long timeout, TimeUnit unit) throws IOException {
        return null;
    }

    /** After {@code getInetSocketAddress(protocol)}: the address to return. */
    default InetSocketAddress localAddress(int protocol, InetSocketAddress own) {
        return own;
    }

    /** After {@code toString()}: the text to return. */
    default String describe(String own) {
        return own;
    }
}
