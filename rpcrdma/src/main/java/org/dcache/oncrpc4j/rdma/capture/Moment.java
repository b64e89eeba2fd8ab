// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.capture;

/**
 * Where something stands in a capture.
 *
 * @param frame counted from 1, as Wireshark does
 * @param nanos when the frame was captured, nanoseconds since 1970; 0 where the file does not say
 */
public record Moment(int frame, long nanos) {}
