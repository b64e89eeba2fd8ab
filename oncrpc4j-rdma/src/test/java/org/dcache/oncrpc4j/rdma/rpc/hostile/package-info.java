// SPDX-License-Identifier: Apache-2.0
/**
 * Peers that break the rules, as clients and as servers: what they send ends their connection at most, and nobody else's.
 */
package org.dcache.oncrpc4j.rdma.rpc.hostile;
