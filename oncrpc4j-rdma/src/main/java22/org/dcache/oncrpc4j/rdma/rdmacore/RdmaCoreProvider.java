// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rdmacore;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.dcache.oncrpc4j.rdma.config.Configuration;
import org.dcache.oncrpc4j.rdma.config.Settings;
import org.dcache.oncrpc4j.rdma.rdmacore.device.SelfTest;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.Libraries;
import org.dcache.oncrpc4j.rdma.sysfs.SysfsDevice;
import org.dcache.oncrpc4j.rdma.verbs.Adapter;
import org.dcache.oncrpc4j.rdma.verbs.Availability;
import org.dcache.oncrpc4j.rdma.verbs.MemoryBudget;
import org.dcache.oncrpc4j.rdma.verbs.VerbsProvider;
import org.dcache.oncrpc4j.rdma.verbs.error.ProviderUnavailableException;

/**
 * RDMA cards and Linux's soft devices through libibverbs and librdmacm. Available where there is a device, both libraries load, and {@link
 * SelfTest} finds their structures as this code knows them. Without a device nothing is loaded: the kernel's list of devices is looked at
 * first. The test is made again only when that list has changed. Any thread.
 */
public final class RdmaCoreProvider implements VerbsProvider {

    static final String NAME = "rdma-core";

    /** 64-bit little-endian Linux, whose structure layouts and calling conventions are known here. */
    private static final Set<String> ARCHITECTURES = Set.of("amd64", "x86_64", "aarch64");

    private static List<SysfsDevice> testedDevices;
    private static Availability tested;

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public int preference() {
        return 10;
    }

    /**
     * siw does not keep peers from memory as a card does, and what it does Java does as well on the same network, with less. An admin who
     * names it is served.
     */
    @Override
    public Optional<String> declinesAuto(Configuration config) {
        List<SysfsDevice> devices = SysfsDevice.list();
        boolean onlySoftware = !devices.isEmpty() && devices.stream().allMatch(SysfsDevice::softIwarp);
        return onlySoftware && config.get(Settings.DEVICE).isEmpty()
                ? Optional.of("the only device is siw, Linux's iWARP in software, for which the provider iwarp does better; name it in "
                + "oncrpc.rdma.device or this provider in"
                        + " oncrpc.rdma.provider to use it")
                : Optional.empty();
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
        List<SysfsDevice> devices = SysfsDevice.list();
        if (devices.isEmpty()) {
            return Availability.no("the kernel has no RDMA device (" + SysfsDevice.whyNone() + "); `rdma link` lists them");
        }
        synchronized (RdmaCoreProvider.class) {
            if (!devices.equals(testedDevices)) {
                tested = test();
                testedDevices = devices;
            }
            return tested;
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
        return new RdmaCoreAdapter(Libraries.load(), RdmaCoreSettings.of(config), MemoryBudget.of(config));
    }
}
