// SPDX-License-Identifier: Apache-2.0
/**
 * Connection ids of librdmacm. A {@link CmChannel} reads the events of an adapter's ids and hands a copy, {@link CmEvent}, to the {@link
 * CmId}, which has a loop and its own order of calls that may block; {@link ConnParams} is what either side says at connecting. The
 * handshakes themselves are in {@code rdmacore}. Uses {@code rdmacore.loop}, {@code rdmacore.device}, {@code rdmacore.ffi}, {@code verbs}.
 */
package org.dcache.oncrpc4j.rdma.rdmacore.cm;
