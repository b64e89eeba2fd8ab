// SPDX-License-Identifier: Apache-2.0
/**
 * The wire formats of iWARP: {@link MpaFrame}, {@link FpduLayout}, {@link DdpHeader}, {@link RdmapOpcode}, {@link ReadRequestHeader},
 * {@link TerminateMessage}. They hold no state and do no I/O: they read and write fields of a {@link java.nio.ByteBuffer} at absolute
 * positions and never move its position. All fields are big-endian but the CRC; the buffers must be in big-endian order, which is how they
 * are born. The tool's reader of captures has them too. Uses {@code metrics} for the names of Terminate codes.
 */
package org.dcache.oncrpc4j.rdma.iwarp.wire;
