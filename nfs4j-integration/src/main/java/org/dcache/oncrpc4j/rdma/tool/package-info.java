// SPDX-License-Identifier: Apache-2.0
/** The command line tool {@code rpcrdma}. It sits on top of everything; nothing depends on it. */
package org.dcache.oncrpc4j.rdma.tool;
