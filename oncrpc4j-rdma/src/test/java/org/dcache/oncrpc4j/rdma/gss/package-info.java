// SPDX-License-Identifier: Apache-2.0
/** RPCSEC_GSS over RDMA with a key distribution centre of the tests' own. */
package org.dcache.oncrpc4j.rdma.gss;
