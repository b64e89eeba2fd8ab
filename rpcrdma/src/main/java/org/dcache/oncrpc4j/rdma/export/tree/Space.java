// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.export.tree;

/** Room in the file system: bytes, and files; a number of files that nobody knows is {@link #UNKNOWN}, which fits a statfs of 32 bits. */
public record Space(long totalBytes, long freeBytes, long availableBytes, long totalFiles, long freeFiles) {

    public static final long UNKNOWN = Integer.MAX_VALUE;
}
