// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.spi;

/** Read-only look at an XDR stream that may lie in several pieces of memory. */
public interface XdrView {

    /** Length in bytes. */
    int length();

    /**
     * The big-endian word at a byte position.
     *
     * @throws IndexOutOfBoundsException when it is not wholly inside
     */
    int getInt(int position);
}
