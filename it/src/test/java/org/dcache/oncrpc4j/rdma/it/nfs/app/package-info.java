// SPDX-License-Identifier: Apache-2.0
/**
 * The programs of the NFS tests: a server and a client, which use oncrpc4j, the NFS client and the export, and no class of the transport;
 * its counters they read by JMX.
 */
package org.dcache.oncrpc4j.rdma.it.nfs.app;
