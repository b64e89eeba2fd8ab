// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.iwarp.memory;

import java.nio.ByteBuffer;
import java.security.SecureRandom;

/** Random numbers for STags, from the system's secure source, drawn in batches because a single draw is slow. Any thread. */
public final class StagRandom {

    private final SecureRandom source = new SecureRandom();
    private final byte[] bytes = new byte[512];
    private final ByteBuffer numbers = ByteBuffer.wrap(bytes).position(bytes.length);

    public synchronized long next() {
        if (!numbers.hasRemaining()) {
            source.nextBytes(bytes);
            numbers.clear();
        }
        return numbers.getLong();
    }
}
