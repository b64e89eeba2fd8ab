// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.spi;

/** Is told of the eligible items of a reply, in order. */
@FunctionalInterface
public interface ResultVisitor {

    /**
     * @param position where the data starts, behind its count word
     * @param length its bytes as the count word says, without pad
     * @return true when the data and its pad are missing in the message, because they came by a Write chunk: go on at
     *     {@code position}; false: go on behind the data and its pad
     */
    boolean eligible(int position, int length);
}
