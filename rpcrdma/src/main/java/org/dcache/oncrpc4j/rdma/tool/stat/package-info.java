// SPDX-License-Identifier: Apache-2.0
/**
 * {@code rpcrdma stat}: reads the services of other JVMs by JMX, attached to by process id or at their stat sockets, and prints what
 * they do.
 */
package org.dcache.oncrpc4j.rdma.tool.stat;
