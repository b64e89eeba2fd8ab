// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc.harness;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.dcache.oncrpc4j.rpc.RpcTransport;

/** A well-behaved client beside those that storm: its calls of every kind must all be answered rightly. Any thread. */
public final class Bystander {

    private static final int[] LENGTHS = {0, 5, 1000, 5001, 70_000};

    private final RpcTransport transport;

    public Bystander(RpcTransport transport) throws IOException {
        this.transport = transport;
        round();
    }

    /** One call inline and each kind of chunk. */
    public synchronized void round() throws IOException {
        for (int i = 0; i < LENGTHS.length; i++) {
            round(transport, i);
        }
        assertThat(transport.isOpen()).isTrue();
    }

    /** Three calls; fails when an answer is wrong. */
    public static void round(RpcTransport transport, int seed) throws IOException {
        for (int i = 0; i < 3; i++) {
            int program = i == 1 ? EligibleProgram.ELIGIBLE_PROGRAM : EchoProgram.PROGRAM;
            byte[] content = EchoProgram.pattern(LENGTHS[Math.floorMod(seed + i, LENGTHS.length)]);
            EchoProgram.Bytes answer = new EchoProgram.Bytes();
            LocalEndpoints.call(transport, program).call(EchoProgram.ECHO, new EchoProgram.Bytes(content), answer);
            assertThat(answer.value).isEqualTo(content);
        }
    }
}
