// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.bench.app;

/** What every server JVM answers: {@code usage}, {@code held}, {@code record} and {@code save}. One thread. */
final class Server implements Child.Handler {

    private final Meter meter = new Meter();
    private final Recorder recorder = new Recorder();

    @Override
    public Message handle(Message command) throws Exception {
        return switch (command.verb()) {
            case "usage" -> Message.of("ok", "alloc", meter.allocatedBytes(), "cpu", meter.cpuNanos(), "copied", meter.copiedBytes(), "compiled",
                    meter.compiledMillis());
            case "held" -> Message.of("ok", "bytes", meter.heldBytes());
            case "record", "save" -> recorder.handle(command);
            default -> throw new IllegalArgumentException("unknown command " + command.verb());
        };
    }
}
