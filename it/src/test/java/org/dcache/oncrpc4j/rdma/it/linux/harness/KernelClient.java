// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.linux.harness;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The kernel's NFS client in a guest of its own, which mounts exports of this machine over siw. Commands run one after the other. Closing
 * it ends the guest and fails if its kernel reported a fault (see {@link LinuxGuest#close}).
 */
public final class KernelClient implements AutoCloseable {

    private final LinuxGuest guest;

    private KernelClient(LinuxGuest guest) {
        this.guest = guest;
    }

    /** @param siw variant of the driver (see {@code host/build-siw.sh}) */
    public static KernelClient boot(String name, String siw) {
        return boot(name, siw, 1500);
    }

    /** @param mtu of the guest's network interface, by which siw chooses the length of its FPDUs */
    public static KernelClient boot(String name, String siw, int mtu) {
        LinuxGuest guest = LinuxGuest.boot(name);
        try {
            guest.run("ip link set eth0 mtu " + mtu + " && siw.sh " + siw + " && nfs-client.sh");
            ScenarioReport.note("guest " + name + ": siw " + siw + ", MTU " + mtu);
            return new KernelClient(guest);
        } catch (RuntimeException | AssertionError e) {
            guest.closeAfter(e);
            throw e;
        }
    }

    /** Mounts NFSv3. */
    public void mount(String transport, int port, int mountPort, String path, String directory, String... options) {
        String all = String.join(",", options);
        guest.run("mount-nfs.sh 3 " + transport + " " + port + " " + path + " " + directory + " mountport=" + mountPort
                + (all.isEmpty() ? "" : "," + all));
    }

    public void unmount(String directory) {
        guest.run("umount " + directory);
    }

    /** Runs a command that must succeed, and returns what it printed. */
    public String run(String command) {
        return guest.run(command);
    }

    /** Starts a command that goes on while others run; {@link #finish} waits for its end. */
    public void start(String name, String command) {
        guest.run("rm -f /out/" + name + ".status; { ( " + command + " ) > /out/" + name + ".log 2>&1 < /dev/null; echo $? > /out/" + name
                + ".status; } &");
    }

    /** Waits until a command that was started has ended, and fails unless it succeeded. */
    public void finish(String name) {
        assertThat(guest.run("until [ -s /out/" + name + ".status ]; do sleep 0.2; done; cat /out/" + name + ".log /out/" + name
                + ".status").lines().toList())
                .as("log and status of " + name).endsWith("0");
    }

    /** The kernel's counters of a mount; each reading is also appended to {@code mountstats.txt} in the guest's directory. */
    public MountStats stats(String directory) {
        return MountStats.parse(guest.run("mount-stats.sh " + directory + " | tee -a /out/mountstats.txt"));
    }

    /** Stops the machine in the middle of whatever it does; its connections stay open. No command may be given until {@link #thaw}. */
    public void freeze() {
        guest.signal("STOP");
    }

    public void thaw() {
        guest.signal("CONT");
    }

    /** Ends the machine without any shutdown. */
    public void kill() {
        guest.kill();
    }

    @Override
    public void close() {
        guest.close();
    }
}
