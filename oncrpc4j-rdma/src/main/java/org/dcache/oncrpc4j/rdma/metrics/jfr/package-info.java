// SPDX-License-Identifier: Apache-2.0
/** Flight Recorder events of the transport; what they mean for an admin is in docs/operations.md. */
package org.dcache.oncrpc4j.rdma.metrics.jfr;
