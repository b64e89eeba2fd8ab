// SPDX-License-Identifier: Apache-2.0
/**
 * Upper-layer bindings of NFS and the protocols beside it (RFC 8267): what may be placed directly, and how large replies can get. Needs nothing of nfs4j.
 * {@code docs/bindings.md} says what was decided where the RFCs leave a choice.
 */
package org.dcache.oncrpc4j.rdma.nfs;
