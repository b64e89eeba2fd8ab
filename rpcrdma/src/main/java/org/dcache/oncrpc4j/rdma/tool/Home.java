// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool;

import java.nio.file.Path;

/** Where the built parts lie that the tool hands to other JVMs. {@code bin/rpcrdma} tells by the property {@code rpcrdma.home}. */
public final class Home {

    private static final String PROPERTY = "rpcrdma.home";

    private final Path checkout;

    private Home(Path checkout) {
        this.checkout = checkout;
    }

    /**
     * @throws IllegalStateException when the tool was not started by {@code bin/rpcrdma}
     */
    public static Home find() {
        String home = System.getProperty(PROPERTY);
        if (home == null) {
            throw new IllegalStateException("the property " + PROPERTY + " is not set: start this with bin/rpcrdma");
        }
        return new Home(Path.of(home));
    }

    /** The agent jar; it need not be there. */
    public Path agent() {
        return checkout.resolve("nfs4j-integration").resolve("target").resolve("oncrpc4j-rdma-agent.jar");
    }

    /** As {@link #agent}; null when the tool was not started by {@code bin/rpcrdma}. */
    static Path agentIfKnown() {
        return System.getProperty(PROPERTY) == null ? null : find().agent();
    }

    /** The jars of an ordinary oncrpc4j application: oncrpc4j, what it needs, a logger, the demo's programs; nothing else of ours. */
    public Path application() {
        return tool().resolve("app");
    }

    /** The jar of the NFSv3 export, and the program that serves it. */
    public Path export() {
        return tool().resolve("export");
    }

    private Path tool() {
        return checkout.resolve("rpcrdma").resolve("target").resolve("tool");
    }
}
