// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.agent.hook;

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
}
