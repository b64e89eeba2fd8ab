// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.bench;

import java.io.File;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.dcache.oncrpc4j.rdma.tool.Home;
import org.dcache.oncrpc4j.rdma.tool.NativeAccess;

/**
 * The first arguments of java for a child JVM: flags, a class path without the transport, and for RDMA the agent and its settings. The
 * measuring program's binding is on the class path, as any program may have its own. Immutable.
 *
 * <p>The heap has its size from the start, and all of it has been touched: a collection between slices may give memory back to the system,
 * as it does after bulk data, and what is measured next would be the system's zeroing of new pages. Flags about the heap take its place.
 */
final class Jvms {

    private final Path target;
    private final Workload workload;
    private final List<Path> more;
    private final String heap;

    private Jvms(Path target, Workload workload, List<Path> more, String heap) {
        this.target = target;
        this.workload = workload;
        this.more = more;
        this.heap = heap;
    }

    /**
     * Finds what the build made, beside the classes or the jar that this class came from.
     *
     * @param more jars to add at the end of the children's class path
     * @param heap its size, as java takes it
     */
    static Jvms find(Workload workload, List<Path> more, String heap) throws BenchException {
        try {
            return new Jvms(Path.of(Jvms.class.getProtectionDomain().getCodeSource().getLocation().toURI()).getParent(), workload, more,
                    heap);
        } catch (URISyntaxException e) {
            throw new BenchException("expected this program in a folder or jar, got "
                    + Jvms.class.getProtectionDomain().getCodeSource().getLocation(), e);
        }
    }

    List<String> tcp(List<String> flags) {
        List<String> command = new ArrayList<>();
        if (flags.stream().noneMatch(flag -> flag.startsWith("-Xm") || flag.contains("HeapSize") || flag.contains("RAMPercentage"))) {
            command.addAll(List.of("-Xms" + heap, "-Xmx" + heap, "-XX:+AlwaysPreTouch"));
        }
        command.addAll(List.of("-XX:MaxDirectMemorySize=1g", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"));
        command.addAll(flags);
        command.add("-cp");
        StringBuilder classPath = new StringBuilder(isPacked() ? classPath() : System.getProperty("java.class.path"));
        more.forEach(jar -> classPath.append(File.pathSeparator).append(jar));
        command.add(classPath.toString());
        return command;
    }

    /**
     * @param agent null for the build's own
     * @param settings property names and values
     */
    List<String> rdma(List<String> flags, Path agent, Map<String, String> settings) throws BenchException {
        Path jar = agent != null ? agent : Home.agent(target);
        boolean noJar = !Files.isRegularFile(jar);
        if (noJar || !isPacked()) {
            throw new BenchException((noJar ? "there is no " + jar : "the programs are not packed in " + programs())
                    + "; build with 'mvn package', or use --transport tcp");
        }
        List<String> all = new ArrayList<>(flags);
        all.add("-javaagent:" + jar);
        all.addAll(NativeAccess.flags());
        all.add("-Doncrpc.transport=rdma");
        settings.forEach((name, value) -> all.add("-D" + name + "=" + value));
        return tcp(all);
    }

    private String classPath() {
        List<Path> folders = new ArrayList<>(List.of(programs(), application()));
        workload.folders().forEach(folder -> folders.add(target.resolve("tool").resolve(folder)));
        return folders.stream().map(folder -> folder + File.separator + "*").collect(Collectors.joining(File.pathSeparator));
    }

    /** Whether the build packed the programs; otherwise, as in a unit test, the children get this JVM's class path. */
    private boolean isPacked() {
        return Files.isDirectory(programs()) && Files.isDirectory(application());
    }

    private Path programs() {
        return target.resolve("tool").resolve("bench");
    }

    private Path application() {
        return target.resolve("tool").resolve("app");
    }
}
