// SPDX-License-Identifier: Apache-2.0
/**
 * Software iWARP in pure Java: MPA (RFC 5044, RFC 6581), DDP (RFC 5041) and RDMAP (RFC 5040) over TCP sockets.
 *
 * <p>The wire codecs ({@code MpaFrame}, {@code FpduLayout}, {@code DdpHeader}, {@code RdmapOpcode}, {@code ReadRequestHeader},
 * {@code TerminateMessage}) hold no state and do no I/O: they read and write fields of a
 * {@link java.nio.ByteBuffer} at absolute positions and never move its position. All fields are big-endian but the CRC; the buffers must be
 * in big-endian order, which is how they are born.
 */
package org.dcache.oncrpc4j.rdma.iwarp;
