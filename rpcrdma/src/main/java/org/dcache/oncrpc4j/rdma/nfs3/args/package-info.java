// SPDX-License-Identifier: Apache-2.0
/** The arguments of NFSv3's procedures, except those that are only a file handle or a name in a directory. Uses {@code nfs3}. */
package org.dcache.oncrpc4j.rdma.nfs3.args;
