// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.fuzz;

/** Takes one input and sees that what must hold holds, whatever the bytes are. Throws anything when it does not. One thread. */
@FunctionalInterface
public interface FuzzTarget {

    /**
     * @param data only the first {@code length} bytes are the input; the rest is old
     * @param length bytes of the input
     */
    void run(byte[] data, int length) throws Exception;
}
