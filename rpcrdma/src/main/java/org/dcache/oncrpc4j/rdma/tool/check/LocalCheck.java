// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.check;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * What the kernel says of this machine in {@code /proc} and {@code /sys}, read below a root that tests can choose: limits of a process,
 * RDMA devices, the modules of a client that mounts. Changes nothing. Any thread.
 */
final class LocalCheck {

    private static final long NONE = Long.MAX_VALUE;
    private static final long FEW_FILES = 8192;

    private final Path root;

    LocalCheck(Path root) {
        this.root = root;
    }

    /**
     * @param process id, or "self"
     * @param registered bytes that libibverbs would have to lock
     * @param devices whether a provider that registers memory with a device is in use
     */
    List<Finding> limits(String process, long registered, boolean devices) throws IOException {
        List<Finding> findings = new ArrayList<>();
        long files = limit(process, "Max open files");
        findings.add(files < FEW_FILES
                ? Finding.note("open files", files + " for process " + process + ": each connection takes one; a server of many clients"
                        + " sets LimitNOFILE=65536 in its systemd unit (or ulimit -n)")
                : Finding.right("open files", amount(files, "")));
        long locked = limit(process, "Max locked memory");
        if (locked >= registered) {
            findings.add(Finding.right("locked memory", amount(locked, " bytes")));
        } else {
            String text = locked + " bytes for process " + process + ", and oncrpc.rdma.memory, here " + registered + ", is locked: "
                    + "set LimitMEMLOCK=infinity in the systemd unit (or ulimit -l)";
            findings.add(devices ? Finding.wrong("locked memory", text)
                    : Finding.right("locked memory", "software iWARP locks none; for an RDMA device: " + text));
        }
        return findings;
    }

    /** What a client that mounts with {@code -o proto=rdma} needs. */
    List<Finding> client() throws IOException {
        List<Finding> findings = new ArrayList<>();
        TreeSet<String> devices = new TreeSet<>();
        Path folder = root.resolve("sys/class/infiniband");
        if (Files.isDirectory(folder)) {
            try (Stream<Path> all = Files.list(folder)) {
                all.forEach(device -> devices.add(device.getFileName().toString()));
            }
        }
        findings.add(devices.isEmpty()
                ? Finding.note("RDMA devices", "none; a client without a card makes one of its network interface, for software iWARP: "
                        + "modprobe siw && rdma link add siw0 type siw netdev eth0")
                : Finding.right("RDMA devices", String.join(", ", devices)));
        findings.add(module("rpcrdma", "NFS over RDMA is not loaded; mounting does that by itself where the kernel has it, else: modprobe "
                + "rpcrdma"));
        findings.add(module("siw", "software iWARP of the kernel is not loaded; only clients without a card need it: modprobe siw"));
        findings.add(module("rdma_ucm", "not loaded; libibverbs needs it (provider rdma-core): modprobe rdma_ucm"));
        return findings;
    }

    private Finding module(String name, String otherwise) throws IOException {
        Path loaded = root.resolve("proc/modules");
        boolean there = Files.isDirectory(root.resolve("sys/module").resolve(name))
                || Files.isReadable(loaded) && Files.readAllLines(loaded).stream().anyMatch(line -> line.startsWith(name + ' '));
        return there ? Finding.right("module " + name, "loaded") : Finding.note("module " + name, otherwise);
    }

    private long limit(String process, String name) throws IOException {
        Path file = root.resolve("proc").resolve(process).resolve("limits");
        if (!Files.isReadable(file)) {
            throw new IOException("cannot read " + file + ": there is no such process, it is another user's, or this is not Linux");
        }
        Optional<String> line = Files.readAllLines(file).stream().filter(l -> l.startsWith(name)).findFirst();
        String soft = line.map(l -> l.substring(name.length()).strip().split("\\s+")[0]).orElse("unlimited");
        return soft.equals("unlimited") ? NONE : Long.parseLong(soft);
    }

    private static String amount(long value, String unit) {
        return value == NONE ? "unlimited" : String.format(Locale.ROOT, "%,d%s", value, unit);
    }
}
