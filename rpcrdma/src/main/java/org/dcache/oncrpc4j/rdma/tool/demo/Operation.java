// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.demo;

import java.util.List;
import org.dcache.oncrpc4j.rdma.tool.demo.app.DemoProgram;

/**
 * One line of the demo: so many calls of one procedure.
 *
 * @param name for people
 * @param procedure of {@link DemoProgram}
 * @param length bytes of data that a call carries, in its arguments, results or both
 * @param calls how many
 * @param threads of the client that make them
 */
record Operation(String name, int procedure, int length, int calls, int threads) {

    /** xid, CALL, RPC version, program, version, procedure, and AUTH_NONE twice (RFC 5531, section 9). */
    private static final int CALL_HEADER = 10 * 4;
    /** xid, REPLY, MSG_ACCEPTED, AUTH_NONE, SUCCESS. */
    private static final int REPLY_HEADER = 6 * 4;
    private static final int WORD = 4;
    private static final int MIB = 1 << 20;

    /** All that the demo does, in this order. Long ones are of odd length, so that there is a pad. */
    static final List<Operation> ALL = List.of(
            new Operation("NULL", DemoProgram.NULL, 0, 1000, 1),
            new Operation("echo 100 B", DemoProgram.ECHO, 100, 1000, 1),
            new Operation("long call 9001 B", DemoProgram.WRITE, 9001, 200, 1),
            new Operation("long reply 9001 B", DemoProgram.READ, 9001, 200, 1),
            new Operation("write 1 MiB", DemoProgram.WRITE, MIB, 64, 1),
            new Operation("read 1 MiB", DemoProgram.READ, MIB, 64, 1),
            new Operation("echo 1 MiB", DemoProgram.ECHO, MIB, 32, 1),
            new Operation("echo 64 KiB, 8 at once", DemoProgram.ECHO, 64 << 10, 256, 8));

    boolean dataInCall() {
        return procedure == DemoProgram.ECHO || procedure == DemoProgram.WRITE;
    }

    boolean dataInReply() {
        return procedure == DemoProgram.ECHO || procedure == DemoProgram.READ;
    }

    /** Bytes of data moved by all calls together. */
    long dataBytes() {
        return (long) calls * length * ((dataInCall() ? 1 : 0) + (dataInReply() ? 1 : 0));
    }

    /** Length of the RPC message of one call. */
    int callMessage() {
        return CALL_HEADER + (procedure == DemoProgram.NULL ? 0 : dataInCall() ? opaque() : 2 * WORD);
    }

    /** Length of the RPC message of one reply. */
    int replyMessage() {
        return REPLY_HEADER + (procedure == DemoProgram.NULL ? 0 : dataInReply() ? opaque() : WORD);
    }

    private int opaque() {
        return 3 * WORD + ((length + 3) & ~3);
    }

    String command() {
        return "run " + procedure + ' ' + length + ' ' + calls + ' ' + threads;
    }
}
