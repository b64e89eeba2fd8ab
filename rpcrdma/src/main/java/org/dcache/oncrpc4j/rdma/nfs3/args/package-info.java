// SPDX-License-Identifier: Apache-2.0
/** The arguments of NFSv3's procedures, one record for each procedure that has any but a file handle. Uses {@code nfs3}. */
package org.dcache.oncrpc4j.rdma.nfs3.args;
