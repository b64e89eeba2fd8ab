// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.sysfs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * An RDMA device as the kernel lists it, before any library is loaded. Devices come and go, so that each call looks anew; nothing is kept
 * and nothing throws: what cannot be read is not there. Any thread.
 *
 * @param name as {@code rdma link} shows it
 * @param iwarp whether it is an iWARP device
 * @param softIwarp whether it is siw, Linux's iWARP in software, whose limits are others than those of cards
 */
public record SysfsDevice(String name, boolean iwarp, boolean softIwarp) {

    /** Where the kernel lists the devices; a test, or a stub library that needs none, may point elsewhere. */
    public static final Path DEVICES = Path.of(System.getProperty("org.dcache.oncrpc4j.rdma.devices", "/sys/class/infiniband"));

    private static final Path VERBS = Path.of("/sys/class/infiniband_verbs");
    private static final Path DESCRIPTORS = Path.of("/proc/self/fd");

    /** The number of RDMA_NODE_RNIC (ib_verbs.h) in the file {@code node_type}, before its name. */
    private static final String NODE_TYPE_IWARP = "4:";
    /** SIW_NODE_DESC_COMMON (siw-abi.h) in the file {@code node_desc}; siw does not let anybody change it. */
    private static final String DESCRIPTION_SIW = "Software iWARP stack";

    /** All of this machine, by name. */
    public static List<SysfsDevice> list() {
        return list(DEVICES);
    }

    /** Why {@link #list} has none. */
    public static String whyNone() {
        return whyNone(DEVICES);
    }

    /** The same of another folder. */
    static String whyNone(Path folder) {
        try (Stream<Path> entries = Files.list(folder)) {
            return folder + " is empty";
        } catch (NoSuchFileException e) {
            return folder + " is not there";
        } catch (IOException | RuntimeException e) {
            return folder + " cannot be read: " + e.getMessage();
        }
    }

    /** The same of another folder. */
    static List<SysfsDevice> list(Path folder) {
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.sorted().map(SysfsDevice::read).toList();
        } catch (IOException | RuntimeException e) {
            return List.of();
        }
    }

    /**
     * The one behind a device of libibverbs.
     *
     * @param descriptor {@code cmd_fd} of its context
     */
    public static Optional<SysfsDevice> of(int descriptor) {
        return of(DESCRIPTORS.resolve(Integer.toString(descriptor)), VERBS, DEVICES);
    }

    /** @param descriptor the symbolic link to what is open */
    static Optional<SysfsDevice> of(Path descriptor, Path verbs, Path devices) {
        try {
            Path open = Files.readSymbolicLink(descriptor).getFileName();
            return Optional.of(read(devices.resolve(Files.readString(verbs.resolve(open).resolve("ibdev")).strip())));
        } catch (IOException | RuntimeException e) {
            return Optional.empty();
        }
    }

    private static SysfsDevice read(Path device) {
        boolean iwarp = text(device.resolve("node_type")).startsWith(NODE_TYPE_IWARP);
        boolean siw = iwarp && text(device.resolve("node_desc")).equals(DESCRIPTION_SIW);
        return new SysfsDevice(device.getFileName().toString(), iwarp, siw);
    }

    private static String text(Path file) {
        try {
            return Files.readString(file).strip();
        } catch (IOException e) {
            return "";
        }
    }
}
