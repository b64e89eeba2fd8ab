// SPDX-License-Identifier: Apache-2.0
/**
 * The XDR of NFS version 3 and MOUNT version 3 (RFC 1813) as ordinary oncrpc4j types, for servers and for clients: here the types that
 * arguments and results are made of, which are in {@code nfs3.args} and {@code nfs3.results}, those of MOUNT in {@code nfs3.mount}. Uses
 * oncrpc4j's XDR, and no class of the transport.
 *
 * <p>Types bear the names of the RFC. They are immutable, encode themselves ({@link XdrValue}) and are decoded by a static {@code decode};
 * most are records whose components are the fields on the wire ({@link XdrRecord}). {@link Decoded} is the slot to hand to oncrpc4j where
 * it wants something to decode into. Unsigned numbers of 32 and 64 bits are {@code int} and {@code long}, to be read as unsigned unless
 * said otherwise. What is optional on the wire is null when absent. Every length that comes from the wire is checked against its limit
 * before anything is allocated for it. What is over it, and values that the RFC does not define, fail with an exception of this package,
 * what is too short with oncrpc4j's; all are IOExceptions, which oncrpc4j's dispatcher answers with GARBAGE_ARGS.
 */
package org.dcache.oncrpc4j.rdma.nfs3;
