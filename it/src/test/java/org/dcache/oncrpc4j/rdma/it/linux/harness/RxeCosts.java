// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.linux.harness;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What single NFS operations of the kernel's client cost the RDMA device of the server, which is ours or the kernel's: the same probes on
 * rxe in the server's guest count for both.
 *
 * <p>Each operation is made several times, one after the other. Opening the file may make the client also ask for attributes or rights;
 * such calls are inline and cost as much as a GETATTR, which is subtracted. Nothing else may use the device meanwhile.
 */
public final class RxeCosts {

    private static final String DIRECTORY = "/mnt/cost";
    private static final String FILE = DIRECTORY + "/cost";
    private static final int LARGE = 1 << 20;

    /** Mount options with which attributes and rights stay in the cache, and opening a file asks for none. */
    private static final String OPTIONS = "noacl,nocto,actimeo=600";

    private static final Step GETATTR = new Step("GETATTR", "GETATTR", 16, "stat --cached=never --format=%s" + (" " + FILE).repeat(16));

    private static final List<Step> STEPS = List.of(GETATTR,
            new Step("READ 4 KiB", "READ", 16, "dd if=" + FILE + " of=/dev/null iflag=direct bs=4096 count=16 status=none"),
            new Step("READ 1 MiB", "READ", 4, "for i in 1 2 3 4; do dd if=" + FILE + " of=/dev/null iflag=direct bs=" + LARGE
            + " count=1 status=none; done"),
            new Step("WRITE 4 KiB", "WRITE", 16, "dd if=/dev/zero of=" + FILE + " oflag=direct conv=notrunc bs=4096 count=16 status=none"),
            new Step("WRITE 1 MiB", "WRITE", 4,
                    "for i in 1 2 3 4; do dd if=/dev/zero of=" + FILE + " oflag=direct conv=notrunc bs=" + LARGE
                    + " count=1 status=none; done"));

    private static final String WARM_UP = "dd if=" + FILE + " of=/dev/null iflag=direct bs=4096 count=1 status=none"
            + " && dd if=/dev/zero of=" + FILE + " oflag=direct conv=notrunc bs=4096 count=1 status=none";

    /**
     * An operation.
     *
     * @param procedure of NFS
     * @param times how often the command makes it
     */
    private record Step(String name, String procedure, int times, String command) {}

    private final Map<String, RxeWork> each = new LinkedHashMap<>();

    private RxeCosts() {}

    /**
     * Mounts an export, has the client read and write the file, so that it knows it, and then counts.
     *
     * @param export the directory in the server's guest
     * @param mount port and path for {@code mount-nfs.sh}
     * @param options of the mount
     */
    public static RxeCosts of(RxePair guests, String export, String mount, String options) {
        String file = export + "/cost";
        guests.server().run("head -c " + LARGE + " /dev/zero > " + file + " && chmod 666 " + file);
        try {
            return of(guests, mount, options);
        } finally {
            guests.server().exec("rm " + file);
        }
    }

    private static RxeCosts of(RxePair guests, String mount, String options) {
        LinuxGuest client = guests.client();
        client.run("SERVER=" + RxePair.SERVER + " mount-nfs.sh 3 rdma " + mount + ' ' + DIRECTORY + ' ' + options + ',' + OPTIONS);
        RxeCosts costs = new RxeCosts();
        client.run(WARM_UP);
        RxeWork inline = new RxeWork(0, 0, 0, 0);
        for (Step step : STEPS) {
            RxeWork one = costs.count(guests, step, inline);
            costs.each.put(step.name(), one);
            inline = step == GETATTR ? one : inline;
        }
        client.run("umount " + DIRECTORY);
        return costs;
    }

    private RxeWork count(RxePair guests, Step step, RxeWork inline) {
        MountStats before = stats(guests);
        RxeWork begin = RxeWork.of(guests.server());
        guests.client().run(step.command());
        RxeWork all = RxeWork.of(guests.server()).minus(begin);
        MountStats after = stats(guests);
        assertThat(after.transport()).isEqualTo("rdma");
        assertThat(after.calls(step.procedure()) - before.calls(step.procedure())).as(step.name()).isEqualTo(step.times());
        long others = after.calls() - before.calls() - step.times();
        return all.minus(inline.times(others)).times(1.0 / step.times());
    }

    private static MountStats stats(RxePair guests) {
        return MountStats.parse(guests.client().run("mount-stats.sh " + DIRECTORY));
    }

    /**
     * Checks that the device does no more for these than for the others. One more per series of operations is allowed, because what ends
     * an operation may be counted with the next one.
     */
    public void assertAtMost(RxeCosts others) {
        for (Step step : STEPS) {
            RxeWork ours = each.get(step.name());
            RxeWork theirs = others.each.get(step.name());
            double one = 1.0 / step.times() + 1e-6;
            assertThat(ours.completions()).as("completions of " + step.name() + ": the Send's and that of the call's receive at least")
                    .isGreaterThanOrEqualTo(2 - 2 * one);
            assertThat(ours.workRequests()).as("Work Requests of " + step.name()).isLessThanOrEqualTo(theirs.workRequests() + one);
            assertThat(ours.postSends()).as("posts of " + step.name()).isLessThanOrEqualTo(theirs.postSends() + one);
            assertThat(ours.completions()).as("completions of " + step.name()).isLessThanOrEqualTo(theirs.completions() + one);
        }
    }

    /** A table, these before the slash. */
    public String text(RxeCosts others) {
        StringBuilder text = new StringBuilder(String.format(Locale.ROOT, "%-12s %17s %17s %17s %17s%n", "operation", "Work Requests",
                "post_send", "completions", "req_notify_cq"));
        each.forEach((name, ours) -> {
            RxeWork theirs = others.each.get(name);
            text.append(String.format(Locale.ROOT, "%-12s %17s %17s %17s %17s%n", name, pair(ours.workRequests(), theirs.workRequests()),
                    pair(ours.postSends(), theirs.postSends()),
                    pair(ours.completions(), theirs.completions()), pair(ours.arms(), theirs.arms())));
        });
        return text.toString();
    }

    private static String pair(double ours, double theirs) {
        return String.format(Locale.ROOT, "%.2f / %.2f", ours, theirs);
    }
}
