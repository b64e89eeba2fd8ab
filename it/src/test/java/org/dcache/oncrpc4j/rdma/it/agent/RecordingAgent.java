// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.agent;

import java.nio.file.Path;
import org.dcache.oncrpc4j.rdma.it.jvm.AgentJar;
import org.dcache.oncrpc4j.rdma.it.jvm.ClassPaths;
import org.dcache.oncrpc4j.rdma.it.jvm.JvmProcess;
import org.dcache.oncrpc4j.rdma.it.provider.RecordingProvider;

/** The agent jar with {@link RecordingProvider} in place of the transport, made once. */
final class RecordingAgent {

    static final Path JAR =
            AgentJar.withProvider(ClassPaths.applicationJar().resolveSibling("recording-agent.jar"), RecordingProvider.class);

    private RecordingAgent() {}

    /** A JVM with it and the plain class path. */
    static JvmProcess.Builder java(String arguments) {
        return JvmProcess.java().agent(JAR, arguments).classPath(ClassPaths.application());
    }
}
