// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.scarce;

import java.io.FileInputStream;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;

/** Takes all descriptors of this JVM but a few; for JVMs that may have few ({@link ScarceJvm#ofDescriptors}). */
public final class Descriptors implements AutoCloseable {

    private final Deque<FileInputStream> taken = new ArrayDeque<>();

    /** From now on so many can be opened. */
    public void leave(int count) throws IOException {
        try {
            while (true) {
                taken.push(new FileInputStream("/dev/null"));
            }
        } catch (IOException e) {
            for (int i = 0; i < count; i++) {
                taken.pop().close();
            }
        }
    }

    /** Gives all back. */
    @Override
    public void close() throws IOException {
        while (!taken.isEmpty()) {
            taken.pop().close();
        }
    }
}
