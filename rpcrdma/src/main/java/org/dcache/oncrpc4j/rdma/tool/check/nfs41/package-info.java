// SPDX-License-Identifier: Apache-2.0
/** As much of an NFSv4.1 client as it takes to get a layout, and the addresses of its data servers (RFC 8881, RFC 8435). */
package org.dcache.oncrpc4j.rdma.tool.check.nfs41;
