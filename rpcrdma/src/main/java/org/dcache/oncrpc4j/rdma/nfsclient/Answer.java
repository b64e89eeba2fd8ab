// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfsclient;

/**
 * What a server answered.
 *
 * @param repeated whether the reply to an earlier attempt was lost: the server may have executed the call before, or may still
 */
record Answer<T>(T value, boolean repeated) {}
