// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.verbs;

/** The one right a peer gets on an {@link Exposure}: the least that the RPC needs (RFC 8166, 8.1.3). */
public enum Access {
    REMOTE_READ,
    REMOTE_WRITE
}
