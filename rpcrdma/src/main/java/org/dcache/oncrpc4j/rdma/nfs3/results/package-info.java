// SPDX-License-Identifier: Apache-2.0
/**
 * The results of NFSv3's procedures: a record for each procedure, or for several whose results have the same form. A record stands for
 * success and failure; its status says which. Uses {@code nfs3}.
 */
package org.dcache.oncrpc4j.rdma.nfs3.results;
