// SPDX-License-Identifier: Apache-2.0
/**
 * The threads of software iWARP: an {@link EventLoop} with its selector serves the sockets registered with it and does the work that other
 * threads hand it; {@link EventLoops} lends those of the process to its adapters. A {@link LingeringSocket} is one that is not to be closed
 * yet. Uses {@code verbs.parts}.
 */
package org.dcache.oncrpc4j.rdma.iwarp.loop;
