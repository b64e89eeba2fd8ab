// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.tools.attach.AgentInitializationException;
import com.sun.tools.attach.VirtualMachine;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Collectors;
import java.util.zip.ZipEntry;
import org.dcache.oncrpc4j.rdma.it.app.EchoServer;
import org.dcache.oncrpc4j.rdma.it.app.LateServer;
import org.dcache.oncrpc4j.rdma.it.app.WebContainer;
import org.dcache.oncrpc4j.rdma.it.jvm.AgentJar;
import org.dcache.oncrpc4j.rdma.it.jvm.ClassPaths;
import org.dcache.oncrpc4j.rdma.it.jvm.JvmProcess;
import org.dcache.oncrpc4j.rdma.spi.RpcTransportProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The ways in which oncrpc4j and the agent come into a JVM. */
class LoadersIT {

    @Test
    void webApplicationsHaveATransportEachAndLeaveNothingBehind() {
        String application = ClassPaths.application().stream().map(Path::toString).collect(Collectors.joining(java.io.File.pathSeparator));
        try (JvmProcess container = JvmProcess.java().agent(RecordingAgent.JAR, "transport=rdma")
                .classPath(List.of(ClassPaths.applicationJar())).main(WebContainer.class, application).start()) {
            for (String name : List.of("war1", "war2")) {
                container.expect("DEPLOYED " + name + " " + name);
                container.expect("recorded provider oncrpc4j-rdma parent URLClassLoader");
                container.expect("recorded start echo");
                container.expect("recorded connect 20049");
                container.expect("recorded stop echo");
            }
            assertThat(container.exitCode()).as(container.output()).isZero();
            assertThat(container.lines()).contains("UNLOADED war1", "UNLOADED war2");
        }
    }

    @Test
    void anApplicationOnTheModulePathIsWoven() {
        List<Path> modules = new ArrayList<>(ClassPaths.oncrpc4j());
        modules.add(ClassPaths.applicationJar());
        try (JvmProcess server = JvmProcess.java().agent(RecordingAgent.JAR, "transport=rdma").modulePath(modules)
                .main("-m", "rpc.application/" + EchoServer.class.getName()).start()) {
            server.expect("recorded start echo");
            server.expect("READY");
        }
    }

    @Test
    void theFlagMayComeByEnvironment() {
        try (JvmProcess server = JvmProcess.java().classPath(ClassPaths.application()).option("-Doncrpc.transport=rdma")
                .environment("JAVA_TOOL_OPTIONS", "-javaagent:" + RecordingAgent.JAR).main(EchoServer.class).start()) {
            server.expect("recorded start echo");
            server.expect("READY");
        }
    }

    @Test
    void theSameAgentTwiceIsTheSameAsOnce() {
        try (JvmProcess server = RecordingAgent.java("transport=rdma")
                .environment("JAVA_TOOL_OPTIONS", "-javaagent:" + RecordingAgent.JAR + "=transport=rdma").main(EchoServer.class).start()) {
            server.expect("READY");
            assertThat(server.lines()).filteredOn(line -> line.startsWith("recorded open")).hasSize(1);
        }
    }

    @Test
    void anAttachedAgentServesWhatIsBuiltFromThenOn() throws Exception {
        try (JvmProcess server = late()) {
            assertThat(server.valueOf("EARLY")).doesNotContain("null");
            VirtualMachine machine = VirtualMachine.attach("" + server.pid());
            try {
                machine.loadAgent(RecordingAgent.JAR.toString(), "transport=rdma");
            } finally {
                machine.detach();
            }
            server.expect("services built before keep what they have");
            server.send("go");
            server.expect("recorded start echo");
            server.expect("READY localhost/127.0.0.1:20049");
        }
    }

    @Test
    void aWrongSettingAtAnAttachLeavesTheApplicationAsItIs() throws Exception {
        try (JvmProcess server = late()) {
            server.expect("EARLY");
            VirtualMachine machine = VirtualMachine.attach("" + server.pid());
            try {
                assertThatThrownBy(() -> machine.loadAgent(RecordingAgent.JAR.toString(), "transport=rmda"))
                        .isInstanceOf(AgentInitializationException.class);
            } finally {
                machine.detach();
            }
            server.expect("oncrpc4j-rdma: not attached: oncrpc.transport=rmda (agent argument): expected tcp, rdma or tcp,rdma");
            server.send("go");
            assertThat(server.valueOf("READY")).doesNotContain("20049");
            assertThat(server.output()).doesNotContain("recorded");
        }
    }

    @Test
    void anOldByteBuddyOfTheApplicationDoesNotMatter() {
        Path old = Path.of("target/old-byte-buddy/byte-buddy.jar").toAbsolutePath();
        assertThat(old).exists();
        List<Path> classPath = new ArrayList<>(List.of(old));
        classPath.addAll(ClassPaths.application());
        try (JvmProcess server = JvmProcess.java().agent(RecordingAgent.JAR, "transport=rdma").classPath(classPath)
                .option("-Xlog:class+load").main(EchoServer.class).start()) {
            server.expect("READY");
            assertThat(server.lines()).filteredOn(line -> line.contains(" net.bytebuddy.ByteBuddy "))
                    .singleElement().asString().contains("!/inst/");
        }
    }

    @Test
    void anotherVersionOnTheClassPathIsSaidInOneLine(@TempDir Path directory) throws Exception {
        String spi = "org/dcache/oncrpc4j/rdma/spi/RpcTransportProvider.class";
        Path copy = directory.resolve("old-copy.jar");
        Manifest manifest = new Manifest();
        manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
        manifest.getMainAttributes().put(Attributes.Name.IMPLEMENTATION_VERSION, "0.0.9");
        try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(copy), manifest);
                InputStream in = RpcTransportProvider.class.getResourceAsStream("/" + spi)) {
            out.putNextEntry(new ZipEntry(spi));
            in.transferTo(out);
        }
        List<Path> classPath = new ArrayList<>(List.of(copy));
        classPath.addAll(ClassPaths.application());
        try (JvmProcess server = JvmProcess.java().agent(AgentJar.path(), "transport=rdma").classPath(classPath).main(EchoServer.class)
                .start()) {
            assertThat(server.expect("oncrpc4j-rdma: expected version "))
                    .contains("got version 0.0.9 of " + RpcTransportProvider.class.getName())
                    .contains("/old-copy.jar: use the same version of both");
        }
    }

    private static JvmProcess late() {
        return JvmProcess.java().classPath(ClassPaths.application())
                .option("-Djdk.attach.allowAttachSelf=false", "-XX:+EnableDynamicAgentLoading")
                .main(LateServer.class).start();
    }
}
