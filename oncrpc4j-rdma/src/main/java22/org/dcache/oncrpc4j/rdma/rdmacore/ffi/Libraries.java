// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rdmacore.ffi;

import java.lang.foreign.Arena;
import java.lang.foreign.SymbolLookup;
import org.dcache.oncrpc4j.rdma.verbs.error.ProviderUnavailableException;

/**
 * The two libraries, loaded once for the process and never unloaded: their own threads' and devices' state must not go away under them. Any
 * thread.
 *
 * <p>The system properties {@code org.dcache.oncrpc4j.rdma.libibverbs} and {@code org.dcache.oncrpc4j.rdma.librdmacm} name other files, for
 * tests and for installations in unusual places.
 *
 * <p>Fork: a JVM starts programs by vfork or posix_spawn, which never runs on copied pages, so that {@code ibv_fork_init} would only make
 * registration slower and split the huge pages of registered memory; it is not called. Kernels from 5.12 on copy pinned pages at a fork
 * themselves. Neither library installs signal handlers; calls that wait are repeated when one of the JVM's signals interrupts them.
 */
public final class Libraries {

    private static Libraries loaded;

    private final Verbs verbs;
    private final ConnectionManager cm;

    private Libraries(Verbs verbs, ConnectionManager cm) {
        this.verbs = verbs;
        this.cm = cm;
    }

    public Verbs verbs() {
        return verbs;
    }

    public ConnectionManager cm() {
        return cm;
    }

    /** @throws ProviderUnavailableException one is missing or too old; the message says which, and what to install */
    public static synchronized Libraries load() throws ProviderUnavailableException {
        if (loaded == null) {
            String verbsName = System.getProperty("org.dcache.oncrpc4j.rdma.libibverbs", "libibverbs.so.1");
            String cmName = System.getProperty("org.dcache.oncrpc4j.rdma.librdmacm", "librdmacm.so.1");
            SymbolLookup verbs = open(verbsName, "libibverbs1 and ibverbs-providers on Debian, libibverbs on Red Hat");
            SymbolLookup cm = open(cmName, "librdmacm1 on Debian, librdmacm on Red Hat");
            String library = verbsName;
            try {
                Verbs verbsFunctions = new Verbs(verbs);
                library = cmName;
                loaded = new Libraries(verbsFunctions, new ConnectionManager(cm));
            } catch (NativeFunction.MissingFunctionException e) {
                throw new ProviderUnavailableException(library + ": " + e.getMessage() + "; rdma-core 36 or newer is needed", e);
            }
        }
        return loaded;
    }

    private static SymbolLookup open(String name, String packages) throws ProviderUnavailableException {
        try {
            return SymbolLookup.libraryLookup(name, Arena.global());
        } catch (IllegalArgumentException e) {
            throw new ProviderUnavailableException(name + " cannot be loaded; install rdma-core's libraries (" + packages + ")", e);
        } catch (IllegalCallerException e) {
            throw new ProviderUnavailableException("this JVM forbids native access; start it with --enable-native-access=ALL-UNNAMED", e);
        }
    }
}
