// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.provider;

import java.nio.file.Files;
import java.nio.file.Path;
import org.dcache.oncrpc4j.rdma.it.jvm.AgentJar;
import org.dcache.oncrpc4j.rdma.it.jvm.ClassPaths;
import org.dcache.oncrpc4j.rdma.it.jvm.JvmProcess;

/** JVMs with the agent on the software device that the unit tests of rdma-core's provider made. */
final class SoftDevice {

    private static final Path DEVICE =
            Path.of(System.getProperty("basedir", "")).toAbsolutePath().resolve("../oncrpc4j-rdma/target/softdevice").normalize();

    private final Path home;

    private SoftDevice(Path home) {
        this.home = home;
    }

    /** Skips the test where there is none. */
    static SoftDevice require() {
        Path home = Java22.require();
        Java22.skipUnless(Files.exists(DEVICE.resolve("libibverbs.so.1")), "the software device is not built: no gcc on this machine");
        return new SoftDevice(home);
    }

    /** @param arguments of the agent */
    JvmProcess.Builder java(String arguments) {
        return JvmProcess.java().home(home)
                .option("-Dorg.dcache.oncrpc4j.rdma.libibverbs=" + DEVICE.resolve("libibverbs.so.1"),
                        "-Dorg.dcache.oncrpc4j.rdma.librdmacm=" + DEVICE.resolve("librdmacm.so.1"),
                        "-Dorg.dcache.oncrpc4j.rdma.devices=" + DEVICE.resolve("devices"), "--enable-native-access=ALL-UNNAMED")
                .agent(AgentJar.path(), arguments).classPath(ClassPaths.application());
    }
}
