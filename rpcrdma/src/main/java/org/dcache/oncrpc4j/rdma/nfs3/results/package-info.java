// SPDX-License-Identifier: Apache-2.0
/**
 * The results of NFSv3's procedures, one record for each form; where the status is not NFS3_OK, what comes with a failure. Uses {@code
 * nfs3}.
 */
package org.dcache.oncrpc4j.rdma.nfs3.results;
