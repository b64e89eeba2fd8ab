// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.scarce;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ServiceConfigurationError;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.dcache.oncrpc4j.rdma.rpc.harness.LeakLedger;
import org.dcache.oncrpc4j.rdma.verbs.error.HandshakeTimeoutException;

/**
 * Tries an operation with room for none of its steps, for one, for two, until it works, so that it fails once at each of them. In between
 * there is plenty, and nothing may be held that was not held before.
 */
public final class Steps {

    private static final int MOST_STEPS = 100;

    /** Leaves so little. */
    public interface Room {
        void leave(int steps) throws Exception;
    }

    private Steps() {}

    /**
     * @param plenty makes room for everything
     * @param words what each failure or a cause of it must say; a handshake may also have timed out
     * @return what the operation gave in the end
     */
    public static <T> T untilItWorks(Room room, AutoCloseable plenty, String words, Callable<T> operation) throws Exception {
        LeakLedger before = LeakLedger.snapshot();
        for (int steps = 0; steps < MOST_STEPS; steps++) {
            try {
                room.leave(steps);
                return operation.call();
            } catch (IOException | OutOfMemoryError | ServiceConfigurationError e) {
                plenty.close();
                if (!(e instanceof HandshakeTimeoutException)) {
                    assertThat(said(e)).containsIgnoringCase(words);
                }
            } finally {
                plenty.close();
            }
            LeakLedger.assertNothingLeaked(before);
        }
        throw new AssertionError("it does not work with room for " + MOST_STEPS + " steps");
    }

    private static String said(Throwable failure) {
        return Stream.iterate(failure, e -> e != null, Throwable::getCause).map(Throwable::getMessage).collect(Collectors.joining(": "));
    }
}
