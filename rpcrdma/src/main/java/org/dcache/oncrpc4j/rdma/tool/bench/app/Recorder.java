// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.bench.app;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import jdk.jfr.Recording;

/**
 * Flight recording of a child JVM by the commands {@code record} and then {@code save file=...}: samples of running Java code, of threads
 * in native calls and of allocations, with stacks. One thread.
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
                throw new IllegalStateException("expected 'record' before 'save', got none");
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
