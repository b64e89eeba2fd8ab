// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.linux.harness;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.stream.Collectors;

/**
 * What rxe in a guest did for all its users, in the kernel or in processes, as {@code rxe-count.sh} counts it; or the share of one call.
 *
 * @param workRequests of send queues that were completed
 * @param postSends calls that posted them; those of a process are system calls
 * @param completions of send and receive queues
 * @param arms calls that asked for an event at the next completion
 */
record RxeWork(double workRequests, double postSends, double completions, double arms) {

    private static final int MOST_LOOKS = 50;

    /**
     * Everything since the guest was first asked. A client that has its reply may ask before the acknowledgement of the reply has arrived,
     * so this waits until nothing more is counted.
     */
    static RxeWork of(LinuxGuest guest) {
        RxeWork last = read(guest);
        RxeWork now = read(guest);
        for (int i = 0; i < MOST_LOOKS && !now.equals(last); i++) {
            last = now;
            now = read(guest);
        }
        return now;
    }

    private static RxeWork read(LinuxGuest guest) {
        Map<String, Long> counts = guest.run("rxe-count.sh").lines().map(line -> line.split(" "))
                .collect(Collectors.toMap(words -> words[0], words -> Long.parseLong(words[1])));
        assertThat(counts).as("probes").containsKeys("work_requests", "post_send", "completions", "arm");
        return new RxeWork(counts.get("work_requests"), counts.get("post_send"), counts.get("completions"), counts.get("arm"));
    }

    RxeWork minus(RxeWork other) {
        return new RxeWork(workRequests - other.workRequests, postSends - other.postSends, completions - other.completions,
                arms - other.arms);
    }

    RxeWork times(double factor) {
        return new RxeWork(workRequests * factor, postSends * factor, completions * factor, arms * factor);
    }
}
