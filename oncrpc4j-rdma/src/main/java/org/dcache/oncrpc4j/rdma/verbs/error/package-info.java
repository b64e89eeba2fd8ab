// SPDX-License-Identifier: Apache-2.0
/**
 * How a connection or an adapter can fail: one exception per cause, all of them a {@link VerbsException}. What an application catches
 * instead is in docs/exceptions.md. Uses the JDK only.
 */
package org.dcache.oncrpc4j.rdma.verbs.error;
