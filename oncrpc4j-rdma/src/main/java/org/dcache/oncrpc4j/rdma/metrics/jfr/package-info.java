// SPDX-License-Identifier: Apache-2.0
/**
 * Flight Recorder events of the transport; {@link Recorder} is where they are made. What they mean for an admin is in docs/operations.md.
 * Uses the JDK only.
 */
package org.dcache.oncrpc4j.rdma.metrics.jfr;
