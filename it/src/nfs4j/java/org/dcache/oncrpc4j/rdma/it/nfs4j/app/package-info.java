// SPDX-License-Identifier: Apache-2.0
/** nfs4j put together as dCache does, in JVMs of their own: domains with an NFS door and pools. Nothing of the transport. */
package org.dcache.oncrpc4j.rdma.it.nfs4j.app;
