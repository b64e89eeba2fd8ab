// SPDX-License-Identifier: Apache-2.0
/**
 * Reads captures of RPC-over-RDMA on iWARP: pcap file, frames, TCP streams, MPA, DDP and RDMAP, RPC-over-RDMA, each by our own codecs. A
 * {@link org.dcache.oncrpc4j.rdma.capture.CaptureListener} sees every item; whatever is not as the RFCs say ends the walk with a
 * {@link org.dcache.oncrpc4j.rdma.capture.CaptureException} that names frame and place. Nothing here is for more than one thread.
 */
package org.dcache.oncrpc4j.rdma.capture;
