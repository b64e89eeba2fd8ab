// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.verbs;

/** Told of every complete connection request of a {@link Listener}. */
@FunctionalInterface
public interface ConnectionRequestHandler {

    /**
     * On a loop thread; must not block. Calls exactly one of {@link ConnectionRequest#accept} and
     * {@link ConnectionRequest#reject}, now or later, within the handshake time-out. One that throws without has rejected the request.
     */
    void onConnectionRequest(ConnectionRequest request);
}
