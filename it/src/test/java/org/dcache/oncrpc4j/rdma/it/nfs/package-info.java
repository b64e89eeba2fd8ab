// SPDX-License-Identifier: Apache-2.0
/** NFS client and server JVMs against each other, on every path of data, and with connections that are killed. */
package org.dcache.oncrpc4j.rdma.it.nfs;
