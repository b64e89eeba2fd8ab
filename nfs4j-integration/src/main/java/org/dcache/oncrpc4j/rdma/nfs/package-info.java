// SPDX-License-Identifier: Apache-2.0
/**
 * Upper-layer bindings of NFS and the protocols beside it (RFC 8267): what may be placed directly, and how large replies can get. Its face
 * are the six bindings ({@link Nfs3Binding}, {@link Nfs4Binding}, {@link Nfs4CallbackBinding}, {@link Nfs2Binding}, {@link MountBinding},
 * {@link NfsAclBinding}), found by ServiceLoader. {@code docs/bindings.md} says what was decided where the RFCs leave a choice. Uses {@code
 * spi}, and nothing of nfs4j.
 */
package org.dcache.oncrpc4j.rdma.nfs;
