// SPDX-License-Identifier: Apache-2.0
/** A TCP relay between a client and a server, for whoever wants to see their bytes or break their connections. */
package org.dcache.oncrpc4j.rdma.tool.relay;
