// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.export.tree;

/** Room in the file system: bytes, and files; a number of files that nobody knows is {@link #UNKNOWN}. */
public record Space(long totalBytes, long freeBytes, long availableBytes, long totalFiles, long freeFiles) {

    public static final long UNKNOWN = Long.MAX_VALUE;
}
