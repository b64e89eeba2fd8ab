// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.bench.app;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import jdk.jfr.Recording;

/**
 * Flight recording of a child JVM, begun and ended by command: {@code record}, then {@code save file=...}. One thread. Samples of running
 * Java code, of threads in native calls, and of allocations, with stacks.
 */
final class Recorder {

    private Recording recording;

    Message handle(Message command) throws IOException {
        if (command.verb().equals("record")) {
            recording = new Recording();
            recording.enable("jdk.ExecutionSample").withPeriod(Duration.ofMillis(10));
            recording.enable("jdk.NativeMethodSample").withPeriod(Duration.ofMillis(10));
            recording.enable("jdk.ObjectAllocationSample").with("throttle", "2000/s");
            recording.start();
        } else {
            if (recording == null) {
                throw new IllegalStateException("no recording was begun");
            }
            try (Recording r = recording) {
                r.stop();
                r.dump(Path.of(command.text("file")));
            }
            recording = null;
        }
        return Message.of("ok");
    }
}
