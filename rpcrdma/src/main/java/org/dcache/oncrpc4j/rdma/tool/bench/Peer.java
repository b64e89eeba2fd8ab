// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.bench;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.dcache.oncrpc4j.rdma.tool.ChildJvm;
import org.dcache.oncrpc4j.rdma.tool.ChildJvmException;
import org.dcache.oncrpc4j.rdma.tool.bench.app.Message;

/**
 * A child JVM as the command sees it: one question at a time, each with one answer and a time limit. Failures quote the end of its log. One
 * thread.
 */
record Peer(ChildJvm jvm) implements AutoCloseable {

    private static final int QUOTED_LINES = 40;

    /** @param verbose print the child's own output as it comes */
    static Peer start(String name, List<String> arguments, boolean verbose) throws BenchException {
        try {
            return new Peer(new ChildJvm(name, arguments, Message.MARK, verbose ? System.err::println : null));
        } catch (IOException e) {
            throw new BenchException("cannot start " + name + ": " + e.getMessage(), e);
        }
    }

    Message ask(Message question, Duration limit) throws BenchException, InterruptedException {
        try {
            return Message.parse(jvm.ask(question.line(), limit));
        } catch (ChildJvmException e) {
            throw failed(e);
        }
    }

    /** Waits for the first line that the child sends by itself. */
    Message greeting(Duration limit) throws BenchException, InterruptedException {
        try {
            return Message.parse(jvm.answer(limit));
        } catch (ChildJvmException e) {
            throw failed(e);
        }
    }

    private static BenchException failed(ChildJvmException e) {
        return new BenchException(e.getMessage() + quoted(e.log()), e);
    }

    private static String quoted(List<String> log) {
        return log.isEmpty() ? "" : "; its last output:\n  "
                + String.join("\n  ", log.subList(Math.max(0, log.size() - QUOTED_LINES), log.size()));
    }

    @Override
    public void close() {
        jvm.close();
    }
}
