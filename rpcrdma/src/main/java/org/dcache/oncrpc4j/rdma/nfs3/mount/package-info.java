// SPDX-License-Identifier: Apache-2.0
/** Results of MOUNT version 3: a mounted file handle, lists of mounts and exports. Uses {@code nfs3}. */
package org.dcache.oncrpc4j.rdma.nfs3.mount;
