// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.agent.weave;

import java.security.CodeSource;
import java.util.List;

/**
 * An application may have the transport, or its SPI for bindings of its own, on its class path, and then that copy is used. It must be of
 * the agent's version, else calls between the two end in a NoSuchMethodError at some time. A copy without a version, such as a folder of
 * classes, is taken as it is. Stateless; the classes are loaded and not initialized.
 */
final class ApplicationsCopy {

    private ApplicationsCopy() {}

    /**
     * @param transport the loader that is going to be used, parent first
     * @param agent version of the agent; null if it has none
     * @param names classes of the transport to look at
     * @throws IllegalStateException one of them has another version
     */
    static void check(ClassLoader transport, String agent, List<String> names) throws ClassNotFoundException {
        for (String name : names) {
            Class<?> type = Class.forName(name, false, transport);
            String found = type.getPackage().getImplementationVersion();
            if (agent != null && found != null && !found.equals(agent)) {
                CodeSource source = type.getProtectionDomain().getCodeSource();
                throw new IllegalStateException("oncrpc4j-rdma: expected version " + agent + ", which the agent has, got version " + found
                        + " of " + name + " from the application's " + (source == null ? "class path" : source.getLocation())
                        + ": use the same version of both, or take that copy off the class path");
            }
        }
    }
}
