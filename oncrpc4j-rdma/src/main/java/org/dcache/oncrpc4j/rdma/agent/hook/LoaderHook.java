// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.agent.hook;

import java.util.concurrent.Future;

/** The transport of one class loader that has {@code OncRpcSvc}. Any thread. */
public interface LoaderHook {

    /**
     * Called at the end of a service's constructor.
     *
     * @param service the OncRpcSvc
     * @return null when the service is not to be touched (no TCP, or a portmapper)
     * @throws IllegalStateException when this service must not be carried; it fails the constructor
     */
    ServiceHook open(Object service, ServiceFields fields);

    /** The Xdr for one call: the transport's own kind, or a stock one. On the hot path. */
    Object newCallXdr(Object transport, int size);

    /** A call failed before it was sent: what {@link #newCallXdr} gave for it is of no use any more. */
    void abandonCallXdr(Object xdr);

    /** The calling thread waits for this reply next; see the transport's own {@code ReplyWaiter}. On the hot path. */
    void waits(Object transport, Future<?> reply);

    /**
     * The address of a pNFS data server for the client that it is sent to; called when nfs4j is woven for it.
     *
     * @param body XDR of the address, of the layout type's own form (RFC 8881, 13.2.1; RFC 8435, 4); never changed
     * @param stream the XDR stream that it is encoded into
     * @return {@code body}, or other bytes in its place
     */
    byte[] deviceAddress(Object stream, int layoutType, byte[] body);
}
