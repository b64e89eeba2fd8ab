// SPDX-License-Identifier: Apache-2.0
/** nfs4j assembled as in dCache, in JVMs of their own: domains with an NFS door and pools. They use no class of the transport. */
package org.dcache.oncrpc4j.rdma.it.nfs4j.app;
