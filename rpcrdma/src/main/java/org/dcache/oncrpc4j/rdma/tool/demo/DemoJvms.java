// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.demo;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * How the demo's JVMs are started. The class path is the same in all of them: oncrpc4j, what it needs, a logger, and the demo's two
 * programs.
 *
 * @param application directory with that class path's jars
 * @param flags in front of it: none for TCP
 * @param agentHint for the message that there was no agent; starts with a blank or is empty
 */
record DemoJvms(Path application, List<String> flags, String agentHint) {

    private static final String PROGRAMS = DemoJvms.class.getPackageName() + ".app.";

    static DemoJvms tcp(Path application) {
        return new DemoJvms(application, List.of(), "");
    }

    /**
     * @param agent the agent jar; null to start without, which must be found out
     */
    static DemoJvms rdma(Path application, Path agent) {
        List<String> flags = new ArrayList<>();
        if (agent != null) {
            flags.add("-javaagent:" + agent);
        }
        flags.add("-Doncrpc.transport=rdma");
        // The relay passes on TCP connections; what RDMA hardware does it could not see.
        flags.add("-Doncrpc.rdma.provider=iwarp");
        flags.add("-Doncrpc.rdma.inline=" + Expectation.INLINE_THRESHOLD);
        return new DemoJvms(application, flags, agent == null ? " (as --without-agent asked for)" : "");
    }

    List<String> server() {
        return arguments("DemoServer");
    }

    List<String> client() {
        return arguments("DemoClient");
    }

    private List<String> arguments(String program) {
        List<String> arguments = new ArrayList<>(flags);
        arguments.add("-Xmx512m");
        arguments.add("-cp");
        arguments.add(application.resolve("*").toString());
        arguments.add(PROGRAMS + program);
        return arguments;
    }
}
