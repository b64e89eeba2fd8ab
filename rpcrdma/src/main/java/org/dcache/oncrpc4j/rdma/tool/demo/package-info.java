// SPDX-License-Identifier: Apache-2.0
/**
 * {@code rpcrdma demo}: runs an ordinary oncrpc4j program in two JVMs, over TCP and over RDMA, through a relay that looks at every byte
 * between them, and compares what the transport counted with what had to happen and with what was seen on the wire.
 */
package org.dcache.oncrpc4j.rdma.tool.demo;
