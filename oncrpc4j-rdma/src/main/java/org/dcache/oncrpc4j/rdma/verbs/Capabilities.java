// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.verbs;

/**
 * What an adapter can do. The transport asks before it relies on any of it.
 *
 * @param anyMemory scatter/gather elements may be any {@link java.nio.ByteBuffer}, heap ones too; otherwise each
 *     element needs a {@link MemoryRegion}
 * @param registersAhead memory that was registered can be posted on any connection at once; where false its first use on a connection may
 *     have to register it there, so that no loop should be the first
 * @param lazyExposure {@link QueuePair#expose} asks a {@link MemorySource} for memory only when the peer first writes
 * @param sharedReceiveQueue receives of accepted queue pairs, or of all, come from one pool, so a large window costs no memory
 * @param sendWithInvalidate {@link WorkRequest.Opcode#SEND_WITH_INVALIDATE} can be posted
 * @param remoteInvalidate a peer's Send with Invalidate is understood and reported
 * @param privateDataOnAccept private data can be sent when accepting
 * @param privateDataReadable the peer's private data can be read, in both roles
 * @param ownHandles a handle is worth something to the peer of its connection only; where false, any peer of the adapter that came to know
 *     it could use it while it is exposed
 * @param separateRights a handle that was given for RDMA Write is refused for RDMA Read; where false, a peer may read all of the memory
 *     that it has a handle of
 * @param ipv6 IPv6 addresses work
 * @param maxSge scatter/gather elements per Send or Write work request, at least 1
 * @param maxSend largest untagged message in bytes that may be posted
 * @param inline inline threshold that suits it, bytes: as much as a receive may hold without costing memory before a message arrives
 * @param maxPrivateData bytes of private data that fit in each direction of the handshake; a provider may pad shorter data with zeros
 */
public record Capabilities(
        boolean anyMemory,
        boolean registersAhead,
        boolean lazyExposure,
        boolean sharedReceiveQueue,
        boolean sendWithInvalidate,
        boolean remoteInvalidate,
        boolean privateDataOnAccept,
        boolean privateDataReadable,
        boolean ownHandles,
        boolean separateRights,
        boolean ipv6,
        int maxSge,
        int maxSend,
        int inline,
        int maxPrivateData) {

    /** Linux's own threshold: a device's receives are memory from the moment when they are posted. */
    public static final int INLINE_OF_DEVICES = 4096;
}
