// SPDX-License-Identifier: Apache-2.0
/**
 * Captures of our own traffic, made without root: a relay between client and server writes what it passes on to a pcap file, with headers
 * and checksums as if it had been captured on a network. Any scenario may record: {@code new Relay(port, recording)}, with the tool's relay
 * and a {@link org.dcache.oncrpc4j.rdma.it.capture.PcapRecording}.
 */
package org.dcache.oncrpc4j.rdma.it.capture;
