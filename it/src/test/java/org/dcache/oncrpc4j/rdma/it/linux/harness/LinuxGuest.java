// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.linux.harness;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.dcache.oncrpc4j.rdma.it.linux.harness.GuestControl.Answer;

/**
 * A Linux kernel in QEMU that is used by a group of scenarios.
 *
 * <p>Owns the QEMU process and the directory {@code target/linux/NAME}, in which the console's output, the kernel's log and its counters
 * are kept; the guest sees that directory as {@code /out}. Commands may come from any thread and run one after the other.
 *
 * <p>{@link #close()} collects these files, ends the guest, and then throws an {@link AssertionError} if the guest had ended by itself or
 * its kernel reported a fault, so that no scenario passes on a kernel that it broke. If this JVM dies first, the guest ends with it.
 */
public final class LinuxGuest implements AutoCloseable {

    private static final Duration BOOT_LIMIT = Duration.ofMinutes(3);
    private static final Duration COMMAND_LIMIT = Duration.ofMinutes(5);
    private static final Duration STOP_LIMIT = Duration.ofSeconds(20);

    private final String name;
    private final Path output;
    private final Map<Integer, Integer> hostPorts;
    private final Process process;
    private final GuestControl control;
    private boolean killed;

    private LinuxGuest(String name, Path output, Map<Integer, Integer> hostPorts, Process process) {
        this.name = name;
        this.output = output;
        this.hostPorts = hostPorts;
        this.process = process;
        this.control = new GuestControl(name, process.getInputStream(), process.getOutputStream());
    }

    /**
     * Boots a guest and waits until it takes commands.
     *
     * @param name of the guest and of its directory
     * @param guestPorts TCP ports of the guest that {@link #address} shall reach
     */
    public static LinuxGuest boot(String name, int... guestPorts) {
        return boot(name, Map.of(), guestPorts);
    }

    /**
     * Boots a guest with a cable to another one, {@code eth1}.
     *
     * @param end of the cable (see {@link GuestLink#end})
     */
    public static LinuxGuest bootLinked(String name, String end) {
        return boot(name, Map.of("GUEST_LINK", end));
    }

    /**
     * A kernel that hangs while it boots says nothing of what is tested: it gets a second chance, and the report says so.
     *
     * @param environment variables to add for {@code guest.sh}
     */
    private static LinuxGuest boot(String name, Map<String, String> environment, int... guestPorts) {
        GuestKit.prepare();
        try {
            return bootOnce(name, environment, guestPorts);
        } catch (BootException e) {
            ScenarioReport.note("guest " + name + ": first boot failed, trying once more: " + e.getMessage());
            return bootOnce(name, environment, guestPorts);
        }
    }

    private static LinuxGuest bootOnce(String name, Map<String, String> environment, int... guestPorts) {
        Path output = GuestKit.output(name);
        try {
            deleteTree(output);
            Files.createDirectories(output);
            Map<Integer, Integer> hostPorts = new HashMap<>();
            List<String> command = new ArrayList<>(List.of("bash", GuestKit.script("guest.sh").toString(), output.toString()));
            for (int port : guestPorts) {
                hostPorts.put(port, freePort());
                command.add(hostPorts.get(port) + ":" + port);
            }
            ProcessBuilder builder = new ProcessBuilder(command).redirectError(output.resolve("qemu.log").toFile());
            builder.environment().putAll(environment);
            Process process = builder.start();
            LinuxGuest guest = new LinuxGuest(name, output, hostPorts, process);
            guest.awaitReady();
            ScenarioReport.note("guest " + name + ": kernel " + guest.run("uname -r"));
            return guest;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Boots a guest with the kernel's NFS server over the given variant of siw (see {@code host/build-siw.sh}).
     *
     * @param morePorts ports of the guest that {@link #address} shall reach besides 20049
     */
    public static LinuxGuest bootNfsServer(String name, String siw, int... morePorts) {
        int[] ports = Arrays.copyOf(morePorts, morePorts.length + 1);
        ports[morePorts.length] = 20049;
        LinuxGuest guest = boot(name, ports);
        try {
            guest.run("siw.sh " + siw + " && knfsd.sh");
            ScenarioReport.note("guest " + name + ": siw " + siw + ", knfsd");
            return guest;
        } catch (RuntimeException | AssertionError e) {
            guest.closeAfter(e);
            throw e;
        }
    }

    private void awaitReady() {
        try {
            control.awaitReady(BOOT_LIMIT);
        } catch (GuestControl.NoAnswerException e) {
            end();
            throw new BootException("The Linux guest " + name + " did not come up: " + e.getMessage() + "\n"
                    + KernelLog.tail(KernelLog.read(output.resolve("qemu.log")), 5) + "\n"
                    + KernelLog.tail(KernelLog.read(output.resolve("console.log")), 20));
        }
    }

    /** The address at which this machine reaches a port of the guest that was named at boot. */
    public InetSocketAddress address(int guestPort) {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), hostPorts.get(guestPort));
    }

    /** Runs a command in the guest's bash. */
    public Answer exec(String command) {
        return control.exec(command, COMMAND_LIMIT);
    }

    /** Runs a command with another time limit than usual. */
    public Answer exec(String command, Duration limit) {
        return control.exec(command, limit);
    }

    /** Runs a command that must succeed, and returns what it printed. */
    public String run(String command) {
        Answer answer = exec(command);
        if (answer.status() != 0) {
            throw new AssertionError("In the Linux guest " + name + " '" + command + "' ended with status " + answer.status() + ":\n"
                    + answer.output());
        }
        return answer.output();
    }

    /** @param name STOP or CONT */
    void signal(String name) {
        List<String> command = new ArrayList<>(List.of("kill", "-" + name));
        process.descendants().forEach(qemu -> command.add("" + qemu.pid()));
        try {
            int status = new ProcessBuilder(command).inheritIO().start().waitFor();
            if (status != 0) {
                throw new IllegalStateException(command + " ended with status " + status);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    /** Kills QEMU, whatever the machine does. Nothing is collected, and {@link #close} checks nothing. */
    void kill() {
        killed = true;
        kill(process);
        end();
    }

    @Override
    public void close() {
        if (killed) {
            return;
        }
        boolean endedByItself = !process.isAlive();
        String trouble = "";
        if (!endedByItself) {
            try {
                control.exec("collect.sh", COMMAND_LIMIT);
            } catch (GuestControl.NoAnswerException e) {
                endedByItself = endsByItself();
                trouble = "its counters could not be collected: " + e.getMessage() + "\n";
            }
        }
        end();
        List<String> console = KernelLog.read(output.resolve("console.log"));
        List<String> dmesg = KernelLog.read(output.resolve("dmesg.txt"));
        List<String> faults = KernelLog.faults(dmesg.isEmpty() ? console : dmesg);
        if (endedByItself) {
            trouble += "it ended by itself; the end of its console:\n" + KernelLog.tail(console, 30) + "\n";
        }
        if (!faults.isEmpty()) {
            trouble += "its kernel reported a fault:\n" + String.join("\n", faults) + "\n";
        }
        if (!trouble.isEmpty()) {
            throw new AssertionError("The Linux guest " + name + " did not stay healthy (files in " + output + "): " + trouble);
        }
    }

    /** Whether the guest, which does not answer any more, ends soon: its output ends before the process does. */
    private boolean endsByItself() {
        try {
            return process.waitFor(STOP_LIMIT.toSeconds(), TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return !process.isAlive();
        }
    }

    void closeAfter(Throwable cause) {
        try {
            close();
        } catch (AssertionError e) {
            cause.addSuppressed(e);
        }
    }

    private void end() {
        control.hangUp();
        try {
            if (!process.waitFor(STOP_LIMIT.toSeconds(), TimeUnit.SECONDS)) {
                kill(process);
                process.waitFor();
            }
        } catch (InterruptedException e) {
            kill(process);
            Thread.currentThread().interrupt();
        }
    }

    private static void kill(Process process) {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private static void deleteTree(Path directory) throws IOException {
        if (!Files.exists(directory)) {
            return;
        }
        Files.walkFileTree(directory, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.delete(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path visited, IOException error) throws IOException {
                Files.delete(visited);
                return FileVisitResult.CONTINUE;
            }
        });
    }

    /** The guest did not get as far as taking commands; it has been ended. */
    private static final class BootException extends IllegalStateException {

        private static final long serialVersionUID = 1L;

        BootException(String message) {
            super(message);
        }
    }
}
