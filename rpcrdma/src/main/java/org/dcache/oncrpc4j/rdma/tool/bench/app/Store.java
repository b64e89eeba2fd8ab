// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.bench.app;

/** Where the measuring program's server has its data. */
public enum Store {
    /** READs from memory that changes from call to call, copied while encoded; WRITEs are checked and dropped. */
    CHANGING,
    /** READs from direct memory that never changes, by reference; WRITEs as above. */
    FIXED,
    /** READs and WRITEs of a file, as a dCache pool does: {@link BlockFile}. */
    FILE
}
