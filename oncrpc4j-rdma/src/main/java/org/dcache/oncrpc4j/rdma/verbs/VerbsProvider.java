// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.verbs;

import java.util.Optional;
import org.dcache.oncrpc4j.rdma.config.Configuration;
import org.dcache.oncrpc4j.rdma.verbs.error.VerbsException;

/**
 * One way to do RDMA on this machine. Found by {@link java.util.ServiceLoader}; must be cheap to construct
 * and must not touch native code or sockets before {@link #availability()} or {@link #open} is called.
 */
public interface VerbsProvider {

    /** The name used in the setting {@code oncrpc.rdma.provider}, for example {@code iwarp}. */
    String name();

    /** Position in the order that {@code auto} tries; lower comes first (hardware before software). */
    int preference();

    /** Whether {@link #open} can work here, and if not, why, in words for an admin. Never throws. */
    Availability availability();

    /**
     * Why {@code auto} goes on to the next provider although this one is available, in words for an admin; mostly there is no reason. Never
     * throws.
     */
    default Optional<String> declinesAuto(Configuration config) {
        return Optional.empty();
    }

    /** What its adapters can do where that does not depend on the device; then it can be said also where the provider is not available. */
    default Optional<Capabilities> abilities() {
        return Optional.empty();
    }

    /**
     * Opens an adapter. The caller owns it and closes it.
     *
     * @throws VerbsException when the provider is not available after all; the message says what is missing
     */
    Adapter open(Configuration config) throws VerbsException;
}
