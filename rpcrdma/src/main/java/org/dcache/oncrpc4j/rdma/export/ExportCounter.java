// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.export;

/** What the export counts, by cause. */
public enum ExportCounter {

    /** Calls of NFS procedures, NULL included. */
    NFS_CALLS,
    /** Calls of MOUNT procedures, NULL included. */
    MOUNT_CALLS,
    /** Calls that could not be decoded, answered GARBAGE_ARGS. */
    GARBAGE_ARGUMENTS,
    /** Calls of procedures that do not exist, answered PROC_UNAVAIL. */
    UNKNOWN_PROCEDURE,
    /** Calls with a security flavor that the export does not take, answered AUTH_TOOWEAK. */
    WEAK_FLAVOR,
    /** Retransmissions that were answered from the duplicate request cache. */
    DUPLICATE_REQUEST,
    /** READs and listings answered JUKEBOX because the memory for replies, or the client's share of it, was in use. */
    READ_WITHOUT_MEMORY,
    /** Bytes of files that READ answered. */
    READ_BYTES,
    /** Bytes that WRITE wrote. */
    WRITTEN_BYTES
}
