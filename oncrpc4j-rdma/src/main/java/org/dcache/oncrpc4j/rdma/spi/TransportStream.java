// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.spi;

/**
 * Marks the XDR streams of this transport: a reply that is encoded into one leaves over the transport. How a program that offers other
 * addresses tells over what its client came.
 */
public interface TransportStream {}
