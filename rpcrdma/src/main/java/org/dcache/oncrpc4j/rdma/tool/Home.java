// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool;

import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Where the parts lie that the tool hands to other JVMs: in {@code lib} of an unpacked release, or where the build of a checkout makes
 * them. {@code bin/rpcrdma} tells by the property {@code rpcrdma.home}.
 */
public final class Home {

    private static final String PROPERTY = "rpcrdma.home";
    private static final String AGENT = "oncrpc4j-rdma-agent.jar";

    private final Path parts;

    private Home(Path parts) {
        this.parts = parts;
    }

    /**
     * @throws IllegalStateException when the tool was not started by {@code bin/rpcrdma}
     */
    public static Home find() {
        String home = System.getProperty(PROPERTY);
        if (home == null) {
            throw new IllegalStateException("the property " + PROPERTY + " is not set: start this with bin/rpcrdma");
        }
        Path released = Path.of(home, "lib");
        return new Home(Files.isDirectory(released) ? released : Path.of(home, "rpcrdma", "target"));
    }

    /** The agent jar; it need not be there. */
    public Path agent() {
        return agent(parts);
    }

    /** The agent jar for parts of a release or a build; it need not be there. */
    public static Path agent(Path parts) {
        Path released = parts.resolve(AGENT);
        return Files.isRegularFile(released) ? released : parts.resolve("../../nfs4j-integration/target").resolve(AGENT).normalize();
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
        return parts.resolve("tool");
    }
}
