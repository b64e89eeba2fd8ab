// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfsclient;

/**
 * The result of a call.
 *
 * @param repeated whether the reply to an earlier attempt was lost: the server may have executed the call before, or may still do so
 */
record Answer<T>(T value, boolean repeated) {}
