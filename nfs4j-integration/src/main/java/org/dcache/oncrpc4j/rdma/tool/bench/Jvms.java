// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.bench;

import java.io.File;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The start of a child's command line: our own java and class path, and for RDMA the agent and its settings. */
final class Jvms {

    private static final String AGENT = "oncrpc4j-rdma-agent.jar";

    private Jvms() {}

    static List<String> tcp(List<String> flags) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-Xms256m", "-Xmx1g", "-XX:MaxDirectMemorySize=1g", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"));
        command.addAll(flags);
        command.add("-cp");
        command.add(System.getProperty("java.class.path"));
        return command;
    }

    /** @param settings property names and values */
    static List<String> rdma(List<String> flags, Path agent, Map<String, String> settings) {
        List<String> all = new ArrayList<>(flags);
        all.add("-javaagent:" + agent);
        all.add("-Doncrpc.transport=rdma");
        settings.forEach((name, value) -> all.add("-D" + name + "=" + value));
        return tcp(all);
    }

    /**
     * The agent jar beside the class path's own entries: in the build's directory, or next to the jar that holds this class.
     *
     * @throws BenchException when it is not there
     */
    static Path agent() throws BenchException {
        Path here;
        try {
            here = Path.of(Jvms.class.getProtectionDomain().getCodeSource().getLocation().toURI());
        } catch (URISyntaxException e) {
            throw new BenchException("cannot tell where this program lies; give --agent", e);
        }
        if (here.endsWith(AGENT)) {
            return here;
        }
        Path beside = here.resolveSibling(AGENT);
        if (Files.isRegularFile(beside)) {
            return beside;
        }
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
            Path path = Path.of(entry).toAbsolutePath().resolveSibling(AGENT);
            if (Files.isRegularFile(path)) {
                return path;
            }
        }
        throw new BenchException("there is no " + beside + "; build it with 'mvn package', or give --agent, or --transport tcp");
    }
}
