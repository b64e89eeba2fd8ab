// SPDX-License-Identifier: Apache-2.0
/**
 * Why a call, or a whole connection, of the engine failed: one exception per cause. What an application catches instead is in
 * docs/exceptions.md. Those that end a connection are exceptions of {@code verbs.error}. Uses {@code xprt.counters}.
 */
package org.dcache.oncrpc4j.rdma.xprt.error;
