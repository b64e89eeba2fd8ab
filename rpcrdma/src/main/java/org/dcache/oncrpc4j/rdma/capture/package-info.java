// SPDX-License-Identifier: Apache-2.0
/**
 * Reads captures of RPC-over-RDMA on iWARP, layer by layer, each with the codec that the transport itself uses.
 *
 * <pre>
 *  PcapFile      frames of a pcap or pcapng file                      CaptureException: not such a file, or damaged from here on
 *  TcpSegment    link, IP and TCP headers of one frame                CaptureException: this frame cannot be read
 *  CaptureDecoder, CapturedConnection    which segment belongs to which connection, and which of those are iWARP
 *  TcpStream     one direction's bytes in order, or what is missing of them
 *  MpaStream     MPA frames, FPDUs, CRCs (RFC 5044, RFC 6581)
 *  RdmapStream   queues, sequence numbers, offsets; Sends put together (RFC 5041, RFC 5040)
 *  ConnectionListener    sees all of it, and a {@link org.dcache.oncrpc4j.rdma.capture.CaptureProblem} for what is not as it should be
 * </pre>
 *
 * Whatever a file holds, nothing above the first two throws: it is a problem of a kind, with the bytes that it leaves undecoded, and
 * decoding goes on where it can. Memory is bounded by a {@link org.dcache.oncrpc4j.rdma.capture.HoldBudget}, time by the length of the
 * file. Nothing here is for more than one thread.
 */
package org.dcache.oncrpc4j.rdma.capture;
