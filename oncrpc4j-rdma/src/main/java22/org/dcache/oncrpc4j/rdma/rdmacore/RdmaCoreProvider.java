// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rdmacore;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.dcache.oncrpc4j.rdma.config.Configuration;
import org.dcache.oncrpc4j.rdma.verbs.Adapter;
import org.dcache.oncrpc4j.rdma.verbs.Availability;
import org.dcache.oncrpc4j.rdma.verbs.ProviderUnavailableException;
import org.dcache.oncrpc4j.rdma.verbs.VerbsProvider;

/**
 * RDMA cards and Linux's soft devices through libibverbs and librdmacm. Available where there is a device, both libraries load, and {@link SelfTest} finds their structures as this
 * code knows them. Without a device nothing is loaded: the kernel's list of devices is looked at first. The test is made again only when that list has changed. Any thread.
 */
public final class RdmaCoreProvider implements VerbsProvider {

    static final String NAME = "rdma-core";

    /** Where the kernel lists the devices; a test, or a stub library that needs none, may point elsewhere. */
    private static final Path DEVICES = Path.of(System.getProperty("org.dcache.oncrpc4j.rdma.devices", "/sys/class/infiniband"));
    /** 64-bit little-endian Linux, whose structure layouts and calling conventions are known here. */
    private static final Set<String> ARCHITECTURES = Set.of("amd64", "x86_64", "aarch64");

    private static Set<String> testedDevices;
    private static Availability tested;

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public int preference() {
        return 10;
    }

    @Override
    public Availability availability() {
        try {
            return look();
        } catch (RuntimeException | LinkageError e) {
            return Availability.no("looking for it failed: " + e);
        }
    }

    private static Availability look() {
        if (!System.getProperty("os.name").equals("Linux") || !ARCHITECTURES.contains(System.getProperty("os.arch"))) {
            return Availability.no("needs Linux on x86-64 or AArch64, this is " + System.getProperty("os.name") + " on "
                    + System.getProperty("os.arch"));
        }
        Set<String> devices = devices();
        if (devices.isEmpty()) {
            return Availability.no("the kernel has no RDMA device (" + DEVICES + " is empty); `rdma link` lists them");
        }
        synchronized (RdmaCoreProvider.class) {
            if (!devices.equals(testedDevices)) {
                tested = test();
                testedDevices = devices;
            }
            return tested;
        }
    }

    private static Set<String> devices() {
        try (Stream<Path> entries = Files.list(DEVICES)) {
            return entries.map(path -> path.getFileName().toString()).collect(Collectors.toCollection(TreeSet::new));
        } catch (IOException e) {
            return Set.of();
        }
    }

    private static Availability test() {
        try {
            return Availability.yes(new SelfTest(Libraries.load()).run());
        } catch (ProviderUnavailableException e) {
            return Availability.no(e.getMessage());
        }
    }

    @Override
    public Adapter open(Configuration config) throws ProviderUnavailableException {
        Availability availability = availability();
        if (!availability.available()) {
            throw new ProviderUnavailableException(NAME + ": " + availability.reason());
        }
        return new RdmaCoreAdapter(Libraries.load(), RdmaCoreSettings.of(config));
    }
}
