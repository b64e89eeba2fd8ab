// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.bench.app;

import org.dcache.oncrpc4j.rpc.OncRpcSvc;
import org.dcache.oncrpc4j.rpc.net.IpProtocolType;

/**
 * Starts the service of a server JVM, and has what every server JVM answers: {@code usage}, {@code held}, {@code record} and {@code save}.
 * One thread.
 */
final class Server implements Child.Handler {

    private final Meter meter = new Meter();
    private final Recorder recorder = new Recorder();

    /** Starts a service, says on which port it is or why it is not, and answers commands. Does not return. */
    static void run(Child child, OncRpcSvc service) throws Exception {
        try {
            service.start();
        } catch (Exception e) {
            child.say(Child.failure(e));
            throw e;
        }
        child.serve(Message.of("ready", "port", service.getInetSocketAddress(IpProtocolType.TCP).getPort()), new Server());
    }

    @Override
    public Message handle(Message command) throws Exception {
        return switch (command.verb()) {
            case "usage" -> Message.of("ok", "alloc", meter.allocatedBytes(), "cpu", meter.cpuNanos(), "copied", meter.copiedBytes(),
                    "compiled",
                    meter.compiledMillis());
            case "held" -> Message.of("ok", "bytes", meter.heldBytes());
            case "record", "save" -> recorder.handle(command);
            default -> throw new IllegalArgumentException("unknown command " + command.verb());
        };
    }
}
