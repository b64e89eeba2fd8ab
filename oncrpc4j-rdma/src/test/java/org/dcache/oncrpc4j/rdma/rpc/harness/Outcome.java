// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc.harness;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.channels.CompletionHandler;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.dcache.oncrpc4j.rpc.RpcReply;
import org.dcache.oncrpc4j.rpc.RpcTransport;

/** What comes of one call that nobody waits for at first: the right bytes or an error, once, and within a minute. */
public final class Outcome implements CompletionHandler<RpcReply, RpcTransport> {

    private final byte[] content;
    private final CompletableFuture<byte[]> answer = new CompletableFuture<>();

    private Outcome(int length) {
        content = EchoProgram.pattern(length);
    }

    /** @param timeoutMillis 0 for none */
    public static Outcome of(RpcTransport transport, int length, long timeoutMillis) {
        Outcome outcome = new Outcome(length);
        int program = length % 2 == 0 ? EchoProgram.PROGRAM : EligibleProgram.ELIGIBLE_PROGRAM;
        EchoProgram.Bytes arguments = new EchoProgram.Bytes(outcome.content);
        try {
            if (timeoutMillis > 0) {
                LocalEndpoints.call(transport, program).call(EchoProgram.ECHO, arguments, outcome, timeoutMillis, TimeUnit.MILLISECONDS);
            } else {
                LocalEndpoints.call(transport, program).call(EchoProgram.ECHO, arguments, outcome);
            }
        } catch (IOException e) {
            outcome.answer.completeExceptionally(e);
        }
        return outcome;
    }

    /** Waits for it. @return whether there was an answer */
    public boolean await() throws InterruptedException {
        try {
            assertThat(answer.get(60, TimeUnit.SECONDS)).isEqualTo(content);
            return true;
        } catch (ExecutionException e) {
            assertThat(e.getCause()).isInstanceOfAny(IOException.class, TimeoutException.class);
            return false;
        } catch (TimeoutException e) {
            throw new AssertionError("a call of " + content.length + " bytes has neither an answer nor an error", e);
        }
    }

    @Override
    public void completed(RpcReply reply, RpcTransport from) {
        EchoProgram.Bytes bytes = new EchoProgram.Bytes();
        try {
            reply.getReplyResult(bytes);
            answer.complete(bytes.value);
        } catch (IOException e) {
            answer.completeExceptionally(e);
        }
    }

    @Override
    public void failed(Throwable cause, RpcTransport from) {
        answer.completeExceptionally(cause);
    }
}
