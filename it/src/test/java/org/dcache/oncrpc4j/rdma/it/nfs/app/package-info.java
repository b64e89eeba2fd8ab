// SPDX-License-Identifier: Apache-2.0
/**
 * The programs of the NFS tests: a server and a client JVM that know oncrpc4j, the NFS client and the export, and nothing of the transport.
 */
package org.dcache.oncrpc4j.rdma.it.nfs.app;
