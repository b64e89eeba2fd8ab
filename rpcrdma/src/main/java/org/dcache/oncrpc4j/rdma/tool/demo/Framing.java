// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.demo;

/** What a byte stream turned out to be. */
enum Framing {
    /** Fewer bytes than it takes to tell. */
    TOO_SHORT,
    /** iWARP: an MPA Request or Reply frame, then FPDUs and nothing else. */
    MPA,
    /** ONC RPC over TCP: record marking, and each record starts as an RPC message does. */
    RECORD_MARKED_RPC,
    /** Neither, or it started as one and went on as something else. */
    UNKNOWN
}
