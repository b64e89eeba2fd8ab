// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.export.tree;

/** Space in the file system: bytes and files. A number of files that is not known is {@link #UNKNOWN}, which fits a 32 bit statfs. */
public record Space(long totalBytes, long freeBytes, long availableBytes, long totalFiles, long freeFiles) {

    public static final long UNKNOWN = Integer.MAX_VALUE;
}
