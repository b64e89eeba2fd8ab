// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.bench.app;

import org.dcache.oncrpc4j.rdma.tool.app.Console;
import org.dcache.oncrpc4j.rpc.OncRpcSvc;
import org.dcache.oncrpc4j.rpc.net.IpProtocolType;

/**
 * Starts the service of a server JVM and answers the commands that all server JVMs have: {@code usage}, {@code held}, {@code record} and
 * {@code save}. One thread.
 */
final class Server implements Console.Commands {

    private final Meter meter = new Meter();
    private final Recorder recorder = new Recorder();

    /** Starts a service, reports its port or why it cannot start, and answers commands until {@code quit}. */
    static void run(OncRpcSvc service) throws Exception {
        Console console = new Console(Message.MARK);
        try {
            service.start();
        } catch (Exception e) {
            console.fail(e);
            throw e;
        }
        serve(console, service.getInetSocketAddress(IpProtocolType.TCP).getPort());
    }

    /** Reports the service's port, and answers commands until {@code quit}. */
    static void serve(Console console, int port) throws InterruptedException {
        console.say(Message.of("ready", "port", port).line());
        console.serve(new Server());
    }

    @Override
    public String run(String line) throws Exception {
        Message command = Message.parse(line);
        Message answer = switch (command.verb()) {
            case "usage" -> Message.of("ok", "alloc", meter.allocatedBytes(), "cpu", meter.cpuNanos(), "copied", meter.copiedBytes(),
                    "compiled", meter.compiledMillis());
            case "held" -> Message.of("ok", "bytes", meter.heldBytes());
            case "record", "save" -> recorder.handle(command);
            default -> throw new IllegalArgumentException("unknown command " + command.verb());
        };
        return answer.line();
    }
}
