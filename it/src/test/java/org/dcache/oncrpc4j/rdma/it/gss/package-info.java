// SPDX-License-Identifier: Apache-2.0
/** NFS with Kerberos: a key distribution centre, a server and a client, in JVMs of their own. */
package org.dcache.oncrpc4j.rdma.it.gss;
